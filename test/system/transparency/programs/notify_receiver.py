"""Receives what systemd-notify sends as systemd does, and says of each datagram who sent it. Usage: notify_receiver.py PATH"""

import array
import json
import os
import socket
import struct
import sys

SCM_CREDENTIALS = 2

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
    receiver.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o666)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    while True:
        data, control, flags, _ = receiver.recvmsg(65536, 4096)
        said = {"text": data.decode(), "truncated": bool(flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC))}
        for _, kind, content in control:
            if kind == SCM_CREDENTIALS:
                said["pid"], said["uid"], said["gid"] = struct.unpack("3i", content)
            else:
                descriptors = array.array("i", content)
                said["files"] = [os.readlink(f"/proc/self/fd/{fd}") for fd in descriptors]
                # The sender waits until nobody has what it sent with BARRIER=1.
                for fd in descriptors:
                    os.close(fd)
        print(json.dumps(said), flush=True)
