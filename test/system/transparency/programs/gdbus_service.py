"""A D-Bus service of GLib that emits a signal just before it hands out a descriptor. Usage: gdbus_service.py ADDRESS"""

import os
import sys

from gi.repository import Gio, GLib

NAME = "org.example.Late"
INTERFACE = f"""<node><interface name="{NAME}">
  <method name="Ping"/>
  <method name="Give"><arg type="h" direction="out"/></method>
  <signal name="Soon"><arg type="s"/></signal>
</interface></node>"""


def call(bus, sender, path, interface, method, parameters, invocation):
    if method == "Ping":
        invocation.return_value(None)
        return
    bus.emit_signal(None, "/", NAME, "Soon", GLib.Variant("(s)", ("soon",)))
    memory = os.memfd_create("given")
    os.write(memory, b"given")
    os.lseek(memory, 0, os.SEEK_SET)
    descriptors = Gio.UnixFDList.new()
    descriptors.append(memory)
    os.close(memory)
    invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), descriptors)


FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], FLAGS, None, None)
bus.register_object("/", Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], call, None, None)
Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: print("ready", flush=True), None)
GLib.MainLoop().run()
