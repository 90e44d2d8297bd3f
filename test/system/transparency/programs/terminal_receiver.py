"""Receives a terminal on a socket, types a line, and says what the terminal says until the answer is there. Usage:
terminal_receiver.py PATH LINE"""

import array
import os
import socket
import sys

path, line = sys.argv[1:]

with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(path)
    listener.listen()
    connection, _ = listener.accept()
_, [(_, _, rights)], _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
[terminal] = array.array("i", rights)
os.write(terminal, f"{line}\n".encode())
said = b""
while f"got {line}\r\n".encode() not in said:
    said += os.read(terminal, 4096)
sys.stdout.buffer.write(said)
