"""A SEQPACKET server that sends back every packet, with its descriptors, and ends when a client ends. Usage: seqpacket_echo.py PATH"""

import os
import socket
import sys
import threading

LARGEST = 1 << 20


def converse(connection):
    with connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LARGEST)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        while True:
            data, control, _, _ = connection.recvmsg(LARGEST, 65536)
            # The credentials come with every packet, and with nothing at the end.
            if not data and not control:
                return
            rights = [part for part in control if part[1] == socket.SCM_RIGHTS]
            connection.sendmsg([data], rights)
            for _, _, content in rights:
                for i in range(0, len(content), 4):
                    os.close(int.from_bytes(content[i : i + 4], sys.byteorder))


with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    while True:
        threading.Thread(target=converse, args=(listener.accept()[0],), daemon=True).start()
