"""Hands descriptors to the D-Bus service, takes some, and says what they led to. Usage: dbus_client.py ADDRESS TIMES"""

import os
import sys

import dbus

NAME = "org.example.Descriptors"

bus = dbus.bus.BusConnection(sys.argv[1])
service = dbus.Interface(bus.get_object(NAME, "/"), NAME)
for i in range(int(sys.argv[2])):
    memory = os.memfd_create("mine")
    os.write(memory, f"from the client {i}".encode())
    os.lseek(memory, 0, os.SEEK_SET)
    print(service.Read(dbus.types.UnixFd(memory)))
    os.close(memory)
    with os.fdopen(service.Give(f"from the service {i}").take()) as file:
        print(file.read())
