"""Calls gdbus_service.py so many times before it takes a descriptor, and says what that leads to. Usage: gdbus_client.py ADDRESS TIMES"""

import os
import sys

from gi.repository import Gio

NAME = "org.example.Late"

FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], FLAGS, None, None)
bus.signal_subscribe(None, NAME, None, None, None, Gio.DBusSignalFlags.NONE, lambda *_: None)
for _ in range(int(sys.argv[2])):
    bus.call_sync(NAME, "/", NAME, "Ping", None, None, Gio.DBusCallFlags.NONE, -1, None)
answer, descriptors = bus.call_with_unix_fd_list_sync(
    NAME, "/", NAME, "Give", None, None, Gio.DBusCallFlags.NONE, -1, None, None
)
with os.fdopen(descriptors.get(answer[0])) as file:
    print(file.read())
