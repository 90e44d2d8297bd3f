"""Sends packets of given sizes, each with a descriptor if it is odd, and checks what comes back. Says how many descriptors were
sent. Usage: seqpacket_client.py PATH SIZE..."""

import array
import os
import socket
import sys

path, *sizes = sys.argv[1:]
sizes = [int(size) for size in sizes]


def packet(i, size):
    return bytes((i + j) % 251 for j in range(size))


def check(wrong, what):
    if wrong:
        sys.exit(f"{what} is wrong")


with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
    connection.settimeout(20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    connection.connect(path)
    given = 0
    for i, size in enumerate(sizes):
        rights = []
        if size % 2:
            file = os.memfd_create("packet")
            identity = os.fstat(file).st_ino
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))]
            given += 1
        connection.sendmsg([packet(i, size)], rights)
        data, control, flags, _ = connection.recvmsg(1 << 20, 4096)
        check(data != packet(i, size), f"packet {i} of {size} bytes, which has {len(data)}")
        check(flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC), f"the length of packet {i}")
        back = [array.array("i", part[2]) for part in control if part[1] == socket.SCM_RIGHTS]
        check(len(back) != len(rights), f"the number of descriptors of packet {i}")
        for [fd] in back:
            check(os.fstat(fd).st_ino != identity, f"the descriptor of packet {i}")
            os.close(fd)
            os.close(file)
    # All at once: where one ends and the next begins is still seen.
    for i in range(100):
        connection.send(packet(i, i))
    for i in range(100):
        check(connection.recv(1 << 20) != packet(i, i), f"packet {i} of many")
    connection.shutdown(socket.SHUT_WR)
    data, control, _, _ = connection.recvmsg(1 << 20, 4096)
    check(data or control, "the end")
print(given)
