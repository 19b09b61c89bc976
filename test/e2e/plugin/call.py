"""Calls an XML-RPC method with Python's own client: call.py URL METHOD, its parameters as JSON on standard input.

Prints the result as JSON; a fault as {"faultCode": …, "faultString": …}, with exit status 1.
"""
import json
import sys
import xmlrpc.client

url, method = sys.argv[1:]
server = xmlrpc.client.ServerProxy(url)
try:
    print(json.dumps(getattr(server, method)(*json.load(sys.stdin))))
except xmlrpc.client.Fault as fault:
    print(json.dumps({"faultCode": fault.faultCode, "faultString": fault.faultString}))
    sys.exit(1)
