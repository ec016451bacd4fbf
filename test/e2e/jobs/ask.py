"""Asks the operator's API for the value of a key, with what a pod of Spark is told and its own token; prints its SHA-256."""

import base64
import hashlib
import json
import os
import ssl
import sys
import urllib.request

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
for authority in os.environ["SPARK_SECRETS_API_CA"].split(" "):
    context.load_verify_locations(cadata=base64.b64decode(authority))
with open("/var/run/secrets/kubernetes.io/serviceaccount/token") as file:
    headers = {"Authorization": "Bearer " + file.read()}
url = f"{os.environ['SPARK_SECRETS_API_URL']}/api/v1/self/keys/{sys.argv[1]}"
request = urllib.request.Request(url, headers=headers)
with urllib.request.urlopen(request, context=context, timeout=30) as answer:
    print(hashlib.sha256(json.load(answer)["value"].encode()).hexdigest(), end="")
