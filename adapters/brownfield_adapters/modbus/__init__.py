"""Modbus TCP: addresses, coalesced reads, a vectorised decoder and a client that can only read.

Source of everything in here: MODBUS Application Protocol Specification V1.1b3 and MODBUS Messaging
on TCP/IP Implementation Guide V1.0b.
"""
