"""Runs a command on a pseudo-terminal: pseudo_terminal.py COLUMNS ROWS COMMAND...

What the command writes comes on standard output. Each line of standard input is a JSON object: type (text), resize ([columns, rows]),
signal (number) or stop (reads nothing of the terminal any more). When the command has ended, the last line on standard error is
how, as JSON: code or signal, and whether the terminal has the modes that it had before.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

columns, rows, *command = sys.argv[1:]
main, terminal = pty.openpty()


def resize(width, height):
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


resize(int(columns), int(rows))
before = termios.tcgetattr(terminal)
child = os.fork()
if child == 0:
    os.close(main)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(terminal, fd)
    os.execvp(command[0], command)

os.set_blocking(main, False)
reads = True
asked = b""
status = None
while status is None:
    readable, _, _ = select.select([sys.stdin] + ([main] if reads else []), [], [], 0.02)
    if main in readable:
        os.write(1, os.read(main, 65536))
    if sys.stdin in readable:
        asked += os.read(0, 65536)
        *lines, asked = asked.split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "type" in order:
                os.write(main, order["type"].encode())
            elif "resize" in order:
                resize(*order["resize"])
            elif "signal" in order:
                os.kill(child, order["signal"])
            elif "stop" in order:
                reads = False
    pid, ended = os.waitpid(child, os.WNOHANG)
    if pid == child:
        status = ended
while True:
    try:
        os.write(1, os.read(main, 65536))
    except OSError:
        break
after = termios.tcgetattr(terminal)
how = {
    "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
    "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
    "isSame": before == after,
}
print(json.dumps(how), file=sys.stderr)
