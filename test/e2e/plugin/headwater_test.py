"""A dnf plugin of the tests: takes its repositories from a Headwater server, by the protocol of Spacewalk's clients.

The environment says where: HEADWATER_URL, and HEADWATER_SYSTEMID, the file that holds the systemid.
"""
import os
import xmlrpc.client

import dnf

TOKEN = (
    "X-RHN-Server-Id",
    "X-RHN-Auth-User-Id",
    "X-RHN-Auth",
    "X-RHN-Auth-Server-Time",
    "X-RHN-Auth-Expire-Offset",
)


class HeadwaterTest(dnf.Plugin):
    name = "headwater_test"

    def config(self):
        base = os.environ["HEADWATER_URL"] + "/XMLRPC"
        with open(os.environ["HEADWATER_SYSTEMID"]) as file:
            systemid = file.read()
        server = xmlrpc.client.ServerProxy(base)
        try:
            login = server.up2date.login(systemid)
            channels = server.up2date.listChannels(systemid)
        except xmlrpc.client.Fault as fault:
            raise dnf.exceptions.Error("fault %d: %s" % (fault.faultCode, fault.faultString))
        headers = ["%s: %s" % (name, login[name]) for name in TOKEN]
        for channel in channels:
            repo = dnf.repo.Repo(channel["label"], self.base.conf)
            repo.name = channel["name"]
            repo.baseurl = ["%s/GET-REQ/%s" % (base, channel["label"])]
            repo.gpgkey = channel["gpg_key_url"].split()
            repo.gpgcheck = False
            repo.set_http_headers(headers)
            repo.enable()
            self.base.repos.add(repo)
