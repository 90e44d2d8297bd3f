"""A D-Bus service that reads what descriptors lead to, and hands out descriptors. Usage: dbus_service.py ADDRESS"""

import os
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.example.Descriptors"


class Service(dbus.service.Object):
    @dbus.service.method(NAME, in_signature="h", out_signature="s")
    def Read(self, descriptor):
        with os.fdopen(descriptor.take()) as file:
            return file.read()

    @dbus.service.method(NAME, in_signature="s", out_signature="h")
    def Give(self, text):
        memory = os.memfd_create("given")
        os.write(memory, text.encode())
        os.lseek(memory, 0, os.SEEK_SET)
        descriptor = dbus.types.UnixFd(memory)
        os.close(memory)
        return descriptor


DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(sys.argv[1])
name = dbus.service.BusName(NAME, bus)
service = Service(bus, "/")
print("ready", flush=True)
GLib.MainLoop().run()
