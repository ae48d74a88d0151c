#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what a ceremony leaves, from docs/ceremony-transcript.md and openssl alone, so that what reads it is judged by
something that shares no line with it.

    make-ceremony.py FOLDER                 a good folder: root, issuing CA, request, CRL, three sign-offs
    make-ceremony.py FOLDER --lines N       the same with N further records
    make-ceremony.py FOLDER --case NAME     the good one with that change (--cases lists them)
    make-ceremony.py FOLDER --part I N      in folders of their own, every N-th case from the I-th on

The changes after which the chain is written again, with good digests and good signatures, are the ones of an insider."""
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys


def run(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, **more).stdout


def openssl(*words, **more):
    return run("openssl", *words, **more)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Ceremony:
    """The records, as (kind, body), and the folder's files but for the transcript and what is signed."""

    def __init__(self, folder):
        self.folder = folder
        self.records = []
        self.files = {}
        self.prev = "0" * 64
        self.ssh = []
        self.cms = []
        self.raw = []
        self.cms_more = []

    def add(self, kind, **body):
        self.records.append((kind, body))

    def artefact(self, name, kind, data, **more):
        self.files[name] = data
        self.add("artefact", name=name, type=kind, size=len(data), sha256=sha256(data), **more)

    def lines(self):
        prev, lines = self.prev, []
        for number, (kind, body) in enumerate(self.records, 1):
            record = {"at": "2027-01-04T10:%02d:%02d.%06dZ" % (number // 60 % 60, number % 60, number % 1000000),
                      "body": body, "kind": kind, "mono_us": 1000 * number, "prev": prev, "seq": number}
            bare = canonical(record)
            for old, new in self.raw:
                bare = bare.replace(old, new)
            lines.append(b"%s,\"sha256\":\"%s\"}" % (bare[:-1], sha256(bare).encode()))
            prev = sha256(lines[-1])
        return lines, prev


SERIAL = "5aa5" * 8
EXTENSIONS = """basicConstraints=critical,CA:true,pathlen:0
keyUsage=critical,digitalSignature,keyCertSign,cRLSign
extendedKeyUsage=serverAuth,clientAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
crlDistributionPoints=URI:http://pki.example/root.crl
authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://pki.example/root.cer
certificatePolicies=@policy
nameConstraints=critical,permitted;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0,excluded;DNS:test.example.com
[policy]
policyIdentifier=1.3.6.1.4.1.99999.1
CPS=http://pki.example/cps
"""


def keys(private):
    """Made once: what is tested is not openssl's speed."""
    os.makedirs(private, exist_ok=True)
    path = lambda name: os.path.join(private, name)
    if os.path.exists(path("done")):
        return path
    for name in ("root", "issuing", "other", "witness", "stranger"):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path(name + ".key"))
        for ending in (() if name in ("root", "issuing") else (".pem",)):
            openssl("req", "-x509", "-new", "-key", path(name + ".key"), "-subj", "/CN=" + name, "-days", "9000", "-out",
                    path(name + ending))
    openssl("genpkey", "-algorithm", "ED25519", "-out", path("edwards.key"))
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path("rsa.key"))
    for kind, more in (("ed25519", ()), ("ecdsa", ("-b", "384")), ("rsa", ("-b", "2048"))):
        run("ssh-keygen", "-q", "-t", kind, *more, "-N", "", "-C", kind, "-f", path("ssh-" + kind))
    with open(path("ca.ext"), "w") as out:
        out.write("basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n")
    with open(path("sub.ext"), "w") as out:
        out.write(EXTENSIONS)
    openssl("req", "-new", "-key", path("root.key"), "-subj", "/CN=Root", "-out", path("root.csr"))
    openssl("req", "-new", "-key", path("issuing.key"), "-subj", "/CN=Issuing", "-out", path("issuing.csr"))
    openssl("x509", "-req", "-in", path("root.csr"), "-key", path("root.key"), "-days", "7000", "-extfile",
            path("ca.ext"), "-out", path("root.cer"))
    openssl("req", "-new", "-key", path("issuing.key"), "-subj", "/CN=Another", "-out", path("another.csr"))
    openssl("x509", "-req", "-in", path("issuing.csr"), "-CA", path("other.pem"), "-CAkey", path("other.key"), "-days",
            "3000", "-extfile", path("sub.ext"), "-out", path("foreign.cer"))
    with open(path("ca.conf"), "w") as out:
        out.write("[ca]\ndefault_ca=c\n[c]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\ndefault_crl_days=30\n"
                  "new_certs_dir=%s\nserial=%s\npolicy=any\n[any]\ncommonName=supplied\n"
                  "[more]\nauthorityKeyIdentifier=keyid\n" % (path("index"), path("crlnumber"), path(""), path("serial")))
    open(path("index"), "w").close()
    open(path("crlnumber"), "w").write("01\n")
    for ca in ("root", "other"):
        openssl("ca", "-config", path("ca.conf"), "-gencrl", "-keyfile", path(ca + ".key"), "-cert",
                path("root.cer" if ca == "root" else "other.pem"), "-out", path(ca + ".crl"))
    openssl("pkey", "-in", path("root.key"), "-pubout", "-out", path("root.pub"))
    issue_by_profile(path)
    open(path("done"), "w").close()
    return path


def time_of_issue(path):
    """When the root is valid already, whenever the tests run."""
    begins = openssl("x509", "-in", path("root.cer"), "-noout", "-startdate").decode().strip().split("=")[1]
    return datetime.datetime.strptime(begins, "%b %d %H:%M:%S %Y GMT") + datetime.timedelta(seconds=1000)


def issue_by_profile(path):
    """What step 3 and step 7 order, by openssl."""
    at = time_of_issue(path)
    stamp = lambda seconds: (at + datetime.timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%SZ")
    with open(path("serial"), "w") as out:
        out.write(SERIAL.upper() + "\n")
    ca = ("ca", "-batch", "-config", path("ca.conf"), "-keyfile", path("root.key"), "-cert", path("root.cer"))
    openssl(*ca, "-in", path("issuing.csr"), "-extfile", path("sub.ext"), "-notext", "-startdate", stamp(-300), "-enddate",
            stamp(3 * 365 * 86400), "-out", path("issuing.cer"))
    with open(path("index"), "w") as out:
        out.write("R\t300101000000Z\t260102000000Z,superseded\t4711\tunknown\t/CN=x\n")
    open(path("crlnumber"), "w").write("01\n")
    openssl(*ca, "-gencrl", "-crlexts", "more", "-crl_lastupdate", stamp(0), "-crl_nextupdate", stamp(30 * 86400), "-out",
            path("issued.crl"))


def read(path):
    with open(path, "rb") as data:
        return data.read()


def spki_of(path, key):
    return sha256(openssl("pkey", "-in", path(key + ".key"), "-pubout", "-outform", "DER"))


def ssh_identity(path, kind):
    return run("ssh-keygen", "-l", "-f", path("ssh-" + kind + ".pub")).split()[1].decode()


SAFE = {"CKA_EXTRACTABLE": False, "CKA_SENSITIVE": True, "CKA_LABEL": "root, \"1\"", "CKA_MODULUS_BITS": 0}


def signature(path, key, challenge):
    """SHA-256 with the key's own scheme; Ed25519 hashes by itself."""
    file = path("challenge")
    with open(file, "wb") as out:
        out.write(challenge)
    if key == "edwards":
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", path(key + ".key"), "-in", file)
    return openssl("dgst", "-sha256", "-sign", path(key + ".key"), file)


def prove(c, path, number, key, script):
    names = ["proof-%d.%s" % (number, ending) for ending in ("txt", "sig", "pub")]
    challenge = ("p11cert-ceremony-proof-1\nmode PRODUCTION\nscript %s\nceremony root-2027\nstep %d\nkey %s\nrandom %s\n"
                 % (script, number, key, "5" * 64)).encode()
    c.add("step", step=number, step_kind="prove", phase="begin")
    c.artefact(names[0], "challenge", challenge)
    c.artefact(names[1], "signature", signature(path, key, challenge))
    c.artefact(names[2], "public-key", openssl("pkey", "-in", path(key + ".key"), "-pubout"))
    c.add("check", what="the key signed a fresh challenge", result="pass", key=key, spki_sha256=spki_of(path, key),
          challenge=names[0], signature=names[1], public_key=names[2], step=number)
    c.add("step", step=number, step_kind="prove", phase="end", outcome="done")


TITLE = "Root \u00c9 2027 \"A\""
SCRIPT = b"""ceremony: {id: root-2027, title: '%s', follows: earlier.jsonl}
roles: [{name: witness, count: 2}]
tokens: [{role: hsm, label: HSM, keys: [edwards, rsa]}]
inputs: [{file: issuing.csr}, {file: photo.txt}, {file: earlier.jsonl}, {file: own.yaml}, {file: gone.yaml}]
steps:
  - {kind: keygen, token: hsm, key: root, type: ec-p256, use: ca}
  - {kind: keygen, token: hsm, key: issuing, type: ec-p256, use: ca}
  - {kind: issue, token: hsm, ca: root, request: issuing.csr, profile: own.yaml, out: issuing.cer, by: witness}
  - {kind: prove, token: hsm, key: root}
  - {kind: prove, token: hsm, key: edwards}
  - {kind: prove, token: hsm, key: rsa}
  - {kind: crl, token: hsm, ca: root, revoked: gone.yaml, days: 30, out: issued.crl}
  - {kind: close}
""" % TITLE.encode()
OWN = b"""name: own
base: issuing-ca
title: An issuing CA
source: CPS, section 7
path-length: 0
validity: 3y
key-usage: [digitalSignature, keyCertSign, cRLSign]
extended-key-usage: [serverAuth, clientAuth]
crl-urls: [http://pki.example/root.crl]
ocsp-urls: [http://ocsp.example/]
issuer-urls: [http://pki.example/root.cer]
policies:
  - oid: 1.3.6.1.4.1.99999.1
    cps: [http://pki.example/cps]
name-constraints:
  permitted: ["dns:example.com", "ip:10.0.0.0/8"]
  excluded: ["dns:test.example.com"]
from-request: [subject]
"""
GONE = b"revoked: [{serial: \"4711\", time: 2026-01-02, reason: superseded}]\n"


def earlier(mode="PRODUCTION", change=lambda lines: None, outcome="complete"):
    """The transcript of another ceremony. @return its bytes and its head"""
    c = Ceremony(None)
    c.add("header", format="p11cert-transcript-1", mode=mode, title="The first", script_sha256="8" * 64, site_sha256="9" * 64,
          tool={}, modules=[])
    c.add("note", text="tea")
    if outcome:
        c.add("close", outcome=outcome)
    lines, head = c.lines()
    change(lines)
    return b"".join(line + b"\n" for line in lines), head


def follows(data, head):
    """Continue that transcript."""
    return several(replace_file("earlier.jsonl", data), lambda c, path: setattr(c, "prev", head))


def of_production(lines):
    """As somebody forges it who can write line 1 with its digest, but not the lines that were signed."""
    lines[0] = earlier()[0].split(b"\n")[0]


def good(folder, path, lines=0, script=SCRIPT):
    c = Ceremony(folder)
    issued_at = time_of_issue(path).strftime("%Y-%m-%dT%H:%M:%SZ")
    c.files["ceremony.yaml"] = script
    c.add("header", format="p11cert-transcript-1", mode="PRODUCTION", title=TITLE, script="ceremony.yaml",
          script_sha256=sha256(script), site_sha256="1" * 64,
          tool={"name": "p11cert", "version": "0.1.0", "sha256": "2" * 64},
          modules=[{"role": "hsm", "path": "/usr/lib/hsm.so", "sha256": "3" * 64, "info": {"cryptoki": "2.40"}}])
    c.add("person", name="Ada", role="witness", presence="in", key="spki-sha256:" + spki_of(path, "witness"))
    c.cms.append("witness")
    for kind in ("ed25519", "ecdsa", "rsa"):
        c.add("person", name=kind, role="witness", presence="in", key=ssh_identity(path, kind))
        c.ssh.append(kind)
    c.add("token", role="hsm", phase="before", label="HSM", serial="1", model="x", manufacturer="y", firmware="1.0")
    for number, key in ((1, "root"), (2, "issuing")):
        c.add("step", step=number, step_kind="keygen", phase="begin", text_sha256="4" * 64)
        c.add("intent", call="C_GenerateKeyPair", id="%032x" % number)
        c.add("outcome", intent=len(c.records), result="CKR_OK")
        c.add("attributes", key="hsm/" + key, **{"class": "private-key"}, values=SAFE, expected={"CKA_SENSITIVE": True},
              spki_sha256=spki_of(path, key), step=number)
        c.add("step", step=number, step_kind="keygen", phase="end", outcome="done")
    c.add("step", step=3, step_kind="issue", phase="begin")
    for name in ("Ada", "ed25519"):
        c.add("confirm", step=3, role="witness", name=name)
    c.add("draw", purpose="serial", source="token", value="00ff")
    c.add("draw", purpose="serial number", source="token", value=SERIAL, step=3)
    c.add("draw", purpose="time of issue", source="clock", value=issued_at, step=3)
    for name in ("root.cer", "issuing.cer", "root.crl"):
        c.add("lint", name=name, linter="p11cert", version="0.1.0", result="pass", findings=[])
    c.artefact("root.cer", "certificate", read(path("root.cer")), key="hsm/root")
    c.artefact("issuing.csr", "request", read(path("issuing.csr")), key="hsm/issuing", origin="input")
    c.artefact("issuing.cer", "certificate", read(path("issuing.cer")), key="hsm/issuing", step=3)
    c.artefact("root.crl", "crl", read(path("root.crl")))
    c.artefact("root.pub", "public-key", read(path("root.pub")), key="hsm/root")
    c.artefact("photo.txt", "other", b"a photograph\n", origin="input")
    data, c.prev = earlier()
    c.artefact("earlier.jsonl", "input", data, origin="input")
    c.artefact("own.yaml", "input", OWN, origin="input")
    c.artefact("gone.yaml", "input", GONE, origin="input")
    c.add("check", what="chain of issuing.cer", result="pass")
    c.add("step", step=3, step_kind="issue", phase="end", outcome="done")
    for number, key in ((4, "root"), (5, "edwards"), (6, "rsa")):
        prove(c, path, number, key, sha256(script))
    c.add("step", step=7, step_kind="crl", phase="begin")
    c.add("draw", purpose="time of issue", source="clock", value=issued_at, step=7)
    c.add("lint", name="issued.crl", linter="p11cert", version="0.1.0", result="pass", findings=[])
    c.artefact("issued.crl", "crl", read(path("issued.crl")), step=7)
    c.add("step", step=7, step_kind="crl", phase="end", outcome="done")
    for number in range(lines):
        c.add("note", text="line %d of a long day \u20ac" % number)
    c.add("deviation", reason="coffee", by="Ada", automatic=False)
    for phase in ("begin", "end"):
        c.add("step", step=8, step_kind="close", phase=phase, **({"outcome": "done"} if phase == "end" else {}))
    c.add("close", outcome="complete")
    return c


def sign(c, path, head):
    os.makedirs(os.path.join(c.folder, "signatures"), exist_ok=True)
    head_file = os.path.join(c.folder, "head.txt")
    with open(head_file, "wb") as out:
        out.write(head)
    for name in c.cms:
        openssl("cms", "-sign", "-binary", "-in", head_file, "-signer", path(name + ".pem"), "-inkey",
                path(name + ".key"), "-outform", "DER", *c.cms_more, "-out",
                os.path.join(c.folder, "signatures", name + ".p7s"))
    for kind in c.ssh:
        run("ssh-keygen", "-q", "-Y", "sign", "-n", "p11cert-ceremony", "-f", path("ssh-" + kind), head_file)
        os.replace(head_file + ".sig", os.path.join(c.folder, "signatures", kind + ".sig"))


def write(c, path):
    os.makedirs(c.folder, exist_ok=True)
    lines, head = c.lines()
    for name, data in c.files.items():
        with open(os.path.join(c.folder, name), "wb") as out:
            out.write(data)
    with open(os.path.join(c.folder, "transcript.jsonl"), "wb") as out:
        out.write(b"".join(line + b"\n" for line in lines))
    mode = c.records[0][1].get("mode", "?")
    sign(c, path, b"p11cert-ceremony-head-1\nmode %s\nlines %d\nsha256 %s\n" % (mode.encode(), len(lines), head.encode()))


# --- what is changed before the chain is written: kind of record, which of them, and what becomes of it ------------

def change(kind, index=0, **members):
    def apply(c, path):
        of_kind = [body for each, body in c.records if each == kind]
        for name, value in members.items():
            if value is None:
                of_kind[index].pop(name)
            else:
                of_kind[index][name.rstrip("_")] = value
    return apply


def place_of(c, kind, index=0):
    return [i for i, (each, body) in enumerate(c.records) if each == kind][index]


def drop(kind, index=0):
    def apply(c, path):
        del c.records[place_of(c, kind, index)]
    return apply


def site_file(digest):
    def apply(c, path):
        c.files["site.yaml"] = b"site: x\n"
        change("header", 0, site_sha256=digest)(c, path)
        insert(1, "artefact", name="site.yaml", type="site", size=8, sha256=sha256(b"site: x\n"))(c, path)
    return apply


def repeat(kind, index):
    def apply(c, path):
        place = place_of(c, kind, index)
        c.records.insert(place, (kind, dict(c.records[place][1])))
    return apply


def move(kind, index, before):
    """To another place, before the first record of that kind."""
    def apply(c, path):
        record = c.records.pop(place_of(c, kind, index))
        c.records.insert(place_of(c, before), record)
    return apply


def insert(place, kind, **body):
    def apply(c, path):
        c.records.insert(place if place >= 0 else len(c.records) + place, (kind, body))
    return apply


def replace_file(name, source, recorded=True):
    def apply(c, path):
        data = read(path(source)) if isinstance(source, str) else source
        c.files[name] = data
        for kind, body in c.records:
            if kind == "artefact" and body["name"] == name and recorded:
                body.update(size=len(data), sha256=sha256(data))
    return apply


def signers(cms=None, ssh=None):
    def apply(c, path):
        c.cms = c.cms if cms is None else cms
        c.ssh = c.ssh if ssh is None else ssh
    return apply


def written(old, new):
    """In the bytes of the records, which then need not be JSON."""
    def apply(c, path):
        c.raw.append((old, new))
    return apply


def noted(value):
    """A note whose further member has that value, in these bytes."""
    def apply(c, path):
        c.records.insert(-1, ("note", {"more": "MORE", "text": "x"}))
        c.raw.append((b'"MORE"', value))
    return apply


def several(*changes):
    def apply(c, path):
        for each in changes:
            each(c, path)
    return apply


def nothing(c, path):
    pass


def resign(number, key, challenge=None):
    """Another signature on the challenge, or on another challenge."""
    def apply(c, path):
        names = ["proof-%d.%s" % (number, ending) for ending in ("txt", "sig")]
        text = challenge or c.files[names[0]]
        replace_file(names[0], text)(c, path)
        replace_file(names[1], signature(path, key, text))(c, path)
    return apply


def forget_proof(number):
    """As before proofs were kept: the record alone says that the key has signed."""
    def apply(c, path):
        for ending in ("txt", "sig", "pub"):
            name = "proof-%d.%s" % (number, ending)
            c.files.pop(name)
            c.records = [r for r in c.records if r[1].get("name") != name or r[0] != "artefact"]
        for kind, body in c.records:
            if kind == "check" and body.get("step") == number:
                for member in ("challenge", "signature", "public_key"):
                    body.pop(member)
    return apply


def rebuild_intents(c):
    """Outcomes name the number of their intent."""
    last = 0
    for number, (kind, body) in enumerate(c.records, 1):
        if kind == "intent":
            last = number
        elif kind == "outcome" and body["intent"] != "keep":
            body["intent"] = last


def exchanged(name, old, new):
    """An input whose digest the ceremony file does not state is not the one by which the file was made."""
    def apply(c, path):
        assert old in c.files[name], (name, old)
        replace_file(name, c.files[name].replace(old, new))(c, path)
    return apply


# The ceremony file that is shown is not the one that was carried out: its digest is written where it belongs.
SCRIPTS = {
    "script-only-key-type": (b"key: root, type: ec-p256", b"key: root, type: ec-p384"),
    "script-only-key-kind": (b"key: root, type: ec-p256", b"key: root, type: rsa-2048"),
    "script-only-days-of-crl": (b"days: 30", b"days: 31"),
    "script-only-ca": (b"ca: root, request", b"ca: issuing, request"),
    "script-only-ca-of-crl": (b"ca: root, revoked", b"ca: issuing, revoked"),
    "script-only-days": (b"profile: own.yaml", b"days: 90, profile: own.yaml"),
    "script-only-built-in-profile": (b"profile: own.yaml", b"profile: issuing-ca"),
    "script-only-no-profile": (b"profile: own.yaml, ", b""),
    "script-only-nothing-revoked": (b"revoked: gone.yaml, ", b""),
}

INSIDER = {
    "good": nothing,
    **{name: nothing for name in SCRIPTS},
    "script-only-subject": exchanged("own.yaml", b"from-request: [subject]", b"subject: CN=Other\nfrom-request: [nothing]"),
    "script-only-validity": exchanged("own.yaml", b"3y", b"2y"),
    "script-only-dates": exchanged("own.yaml", b"validity: 3y", b"not-before: 2027-06-01\nnot-after: 2029-01-01"),
    "script-only-path-length": exchanged("own.yaml", b"path-length: 0", b"path-length: 1"),
    "script-only-no-path-length": exchanged("own.yaml", b"path-length: 0", b"path-length: none"),
    "script-only-key-usage": exchanged("own.yaml", b"[digitalSignature, keyCert", b"[keyCert"),
    "script-only-extended-key-usage": exchanged("own.yaml", b"[serverAuth, clientAuth]", b"[serverAuth]"),
    "script-only-usage-critical": exchanged("own.yaml", b"crl-urls", b"extended-key-usage-critical: true\ncrl-urls"),
    "script-only-crl-url": exchanged("own.yaml", b"example/root.crl", b"example/r.crl"),
    "script-only-ocsp-url": exchanged("own.yaml", b"//ocsp.example", b"//ocsp.example.com"),
    "script-only-issuer-url": exchanged("own.yaml", b"issuer-urls: [http://pki.example/root.cer]\n", b""),
    "script-only-policy": exchanged("own.yaml", b"99999.1", b"99999.2"),
    "script-only-cps": exchanged("own.yaml", b"example/cps", b"example/cp"),
    "script-only-permitted": exchanged("own.yaml", b"dns:example.com", b"dns:example.org"),
    "script-only-network": exchanged("own.yaml", b"10.0.0.0/8", b"10.0.0.0/9"),
    "script-only-excluded": exchanged("own.yaml", b"dns:test.", b"dns:demo."),
    "script-only-digest": exchanged("own.yaml", b"from-request", b"digest: sha384\nfrom-request"),
    "script-only-serial": change("draw", 1, value="6bb6" * 8),
    "script-only-time": change("draw", 2, value="2028-01-01T00:00:00Z"),
    "script-only-no-serial": drop("draw", 1),
    "script-only-time-of-crl": change("draw", 3, value="2028-01-01T00:00:00Z"),
    "script-only-request": lambda c, path: replace_file("issuing.csr", "another.csr")(c, path),
    "script-only-revoked-serial": exchanged("gone.yaml", b"4711", b"4712"),
    "script-only-revoked-reason": exchanged("gone.yaml", b"superseded", b"keyCompromise"),
    "script-only-revoked-time": exchanged("gone.yaml", b"2026-01-02", b"2026-01-03"),
    "good-profile-title": exchanged("own.yaml", b"An issuing CA", b"Another title"),
    "earlier-unknown": lambda c, path: setattr(c, "prev", "ab" * 32),
    "script-only-earlier-none": lambda c, path: setattr(c, "prev", "0" * 64),
    "script-only-earlier-other": several(lambda c, path: c.records.insert(-1, (
        c.artefact("more.jsonl", "other", earlier(outcome="aborted")[0]), c.records.pop())[1]),
                                         lambda c, path: setattr(c, "prev", earlier(outcome="aborted")[1])),
    "good-earlier-aborted": follows(*earlier(outcome="aborted")),
    "earlier-rehearsal": follows(*earlier("REHEARSAL")),
    "earlier-rehearsal-forged": follows(*earlier("REHEARSAL", of_production)),
    "earlier-mode-unknown": follows(*earlier("TEST")),
    "earlier-not-finished": follows(*earlier(outcome=None)),
    "earlier-changed": follows(*earlier(change=lambda lines: lines.__setitem__(1, lines[1].replace(b"tea", b"Tea")))),
    "earlier-line-missing": follows(*earlier(change=lambda lines: lines.pop(1))),
    "earlier-last-line-alone": follows(*earlier(change=lambda lines: [lines.pop(0), lines.pop(0)])),
    "earlier-not-a-transcript": follows(b"{1}\n{2}\n", sha256(b"{2}")),
    "earlier-without-line-end": follows(earlier()[0][:-1], earlier()[1]),
    "script-only-confirmation-missing": drop("confirm", 1),
    "script-only-confirmed-by-stranger": change("confirm", 1, name="Mallory"),
    "script-only-confirmed-by-title": change("confirm", 1, name="witness"),
    "good-confirmed-by-title-before-the-names": several(change("confirm", 0, name="witness"),
                                                        change("confirm", 1, name="witness"),
                                                        *[move("person", 0, "deviation")] * 4),
    "script-only-confirmed-by-title-after-a-name": several(change("confirm", 0, name="witness"),
                                                           change("confirm", 1, name="witness"),
                                                           *[move("person", 1, "deviation")] * 3),
    "good-confirmed-by-name-and-title": several(change("confirm", 1, name="witness"),
                                                *[move("person", 1, "deviation")] * 3),
    "script-only-title": change("header", 0, title="Another"),
    "good-site": site_file(sha256(b"site: x\n")),
    "site-of-other-digest": site_file("1" * 64),
    "script-only-kind-of-step": several(change("step", 12, step_kind="say"), change("step", 13, step_kind="say")),
    "good-note": insert(-1, "note", text="tea \u2615 \U0001f600 \"quoted\" \\ \t back"),
    "good-many-notes": lambda c, path: [c.records.insert(-1, ("note", {"text": "n%d" % i})) for i in range(40)],
    "good-resumed-step": insert(11, "step", step=2, step_kind="keygen", phase="begin"),
    "step-skipped": change("step", 5, outcome="skipped"),
    "step-of-other-number": several(change("step", 4, step=9), change("step", 5, step=9), change("confirm", 0, step=9),
                                    change("confirm", 1, step=9), change("draw", 1, step=9), change("artefact", 2, step=9)),
    "steps-exchanged": lambda c, path: c.records.insert(place_of(c, "step", 8), c.records.pop(place_of(c, "step", 6))),
    "step-left-nothing": change("artefact", 2, step=None),
    "step-left-an-input": change("artefact", 2, origin="input"),
    "step-left-another-type": change("artefact", 2, type="other"),
    "step-left-no-attributes": drop("attributes", 0),
    "attributes-of-no-step": change("attributes", 0, step=None),
    "attributes-of-public-key": change("attributes", 0, class_="public-key"),
    "attributes-after-the-step": move("attributes", 0, "deviation"),
    "format-other": change("header", 0, format="p11cert-transcript-2"),
    "person-twice": several(change("person", 1, name="Ada"), change("confirm", 1, name="ecdsa")),
    # Names that people take for one another, and such as they do not.
    **{"person-alike-%d" % number: several(change("person", 1, name=left), change("person", 2, name=right), change("confirm", 1, name=left))
       for number, (left, right) in enumerate((
           ("Ada Lovelace", "ada lovelace"), ("Ada Lovelace", "Ada Lovelace "), ("Ada Lovelace", "Ada  Lovelace"),
           ("Ada Lovelace", "Ada\u00a0Lovelace"), ("Ada Lovelace", "Ada\u2009Lovelace"), ("Ada-Lovelace", "Ada\u2010Lovelace"),
           ("Capa", "\u0421\u0430\u0440\u0430"), ("Capa", "\u0421apa"), ("AHNA", "\u0391\u0397\u039d\u0391"),
           ("Jos\u00e9", "Jose\u0301"), ("\u00c9lodie", "\u00e9lodie"), ("\u0414\u0430\u043d\u0430", "\u0434\u0410\u041d\u0410"),
           ("Ali", "AIi"), ("Person 1", "Person l"), ("O'Brien", "O\u2019Brien"), ("\u4e2d\u6587", "\u4e2d\u3000\u6587")))},
    "good-persons-unlike": several(change("person", 1, name="Anna \"1\""), change("person", 2, name="Anna \"2\""),
                                   change("person", 3, name="\u4e2d\u6587"), change("confirm", 1, name="Anna \"1\"")),
    "good-persons-unlike-too": several(change("person", 1, name="Anna"), change("person", 2, name="Hanna"),
                                       change("person", 3, name="\u0410\u043d\u043d\u0430\u0442"), change("confirm", 1, name="Anna")),
    "good-person-out": lambda c, path: c.records.insert(-1, ("person", {"name": "Ada", "role": "witness", "presence": "out"})),
    "key-announced-twice": lambda c, path: c.records.insert(6, ("person", {
        "name": "Bob", "role": "witness", "presence": "in", "key": "spki-sha256:" + spki_of(path, "witness")})),
    "good-warning": change("lint", 0, result="warning"),
    "good-torn": insert(6, "torn", size=3, sha256="5" * 64, hex="7b2261"),
    "good-paused": insert(6, "pause", reason="lunch"),
    "good-input": lambda c, path: c.records.insert(-1, (c.artefact("extra.bin", "other", b"\0\1\2", origin="input"),
                                                         c.records.pop())[1]),
    "good-hostile-texts": insert(-1, "note", text="<script>alert(1)</script> \" onload='x' & ]]> </style> \u202e \u2066 "
                                 "\u200f \x1b[2J \x07", other={"a": ["<i>", None, True, 7]}),
    "rehearsal": change("header", 0, mode="REHEARSAL"),
    "mode-unknown": change("header", 0, mode="TEST"),
    "script-other": lambda c, path: c.files.update({"ceremony.yaml": b"ceremony: {id: evil}\n"}),
    "script-digest": change("header", 0, script_sha256="9" * 64),
    "script-gone": lambda c, path: c.files.pop("ceremony.yaml"),
    "no-header": drop("header"),
    "two-headers": insert(1, "header", format="p11cert-transcript-1", mode="PRODUCTION", title="b", script_sha256="1" * 64,
                          site_sha256="1" * 64, tool={}, modules=[]),
    "no-close": drop("close"),
    "aborted": change("close", 0, outcome="aborted"),
    "after-close": insert(9999, "note", text="late"),
    "step-not-done": drop("step", 5),
    "step-failed": change("step", 5, outcome="failed"),
    "step-never-begun": drop("step", 0),
    "intent-open": drop("outcome", 1),
    "outcome-alone": drop("intent", 1),
    "outcome-of-other": change("outcome", 1, intent="keep"),
    "extractable": change("attributes", 0, values=dict(SAFE, CKA_EXTRACTABLE=True)),
    "extractable-unsaid": change("attributes", 0, values={"CKA_SENSITIVE": True}),
    "not-sensitive": change("attributes", 1, values=dict(SAFE, CKA_SENSITIVE=False)),
    "not-as-expected": change("attributes", 1, expected={"CKA_SENSITIVE": True, "CKA_DERIVE": False}),
    "key-swapped": change("attributes", 1, spki_sha256="6" * 64),
    "key-twice": insert(-3, "attributes", key="hsm/root", class_="public-key", values={}, spki_sha256="7" * 64),
    "lint-error": change("lint", 1, result="error"),
    "lint-missing": drop("lint", 1),
    "lint-missing-of-crl": drop("lint", 2),
    "lints-missing": several(drop("lint", 2), drop("lint", 1), drop("lint", 0)),
    "lint-late": lambda c, path: c.records.insert(-1, c.records.pop(next(
        i for i, (kind, body) in enumerate(c.records) if kind == "lint"))),
    "check-failed": change("check", 0, result="fail"),
    "good-proof-not-kept": forget_proof(4),
    "proof-of-other-key": resign(4, "other"),
    "proof-of-other-challenge": resign(4, "root", b"p11cert-ceremony-proof-1\nmode PRODUCTION\nscript " + b"0" * 64 +
                                       b"\nrandom 1\n"),
    "proof-of-rehearsal": lambda c, path: resign(5, "edwards", c.files["proof-5.txt"].replace(
        b"PRODUCTION", b"REHEARSAL"))(c, path),
    "proof-challenge-changed": replace_file("proof-6.txt", b"p11cert-ceremony-proof-1\n"),
    "proof-signature-none": replace_file("proof-5.sig", b""),
    "proof-key-other": replace_file("proof-6.pub", "root.pub"),
    "proof-key-none": replace_file("proof-6.pub", b"x"),
    "proof-key-unsaid": change("check", 2, spki_sha256=None),
    "proof-member-missing": change("check", 1, signature=None),
    "proof-file-gone": lambda c, path: c.files.pop("proof-5.sig"),
    "proof-not-recorded": change("check", 3, challenge="ceremony.yaml"),
    "artefact-digest": change("artefact", 0, sha256="8" * 64),
    "artefact-size": change("artefact", 3, size=1),
    "artefact-twice": lambda c, path: c.records.insert(-2, [r for r in c.records if r[0] == "artefact"][-1]),
    "artefact-unsaid": drop("artefact", 5),
    "artefact-gone": lambda c, path: c.files.pop("photo.txt"),
    "artefact-climbs": insert(-2, "artefact", name="../evil", type="other", size=0, sha256="0" * 64),
    "artefact-absolute": insert(-2, "artefact", name="/etc/hostname", type="other", size=0, sha256="0" * 64),
    "artefact-hidden": insert(-2, "artefact", name=".evil", type="other", size=0, sha256="0" * 64),
    "certificate-foreign": replace_file("issuing.cer", "foreign.cer"),
    "certificate-of-other-key": replace_file("root.cer", "other.pem"),
    "certificate-none": replace_file("issuing.cer", b"not a certificate\n"),
    "request-of-other-key": replace_file("issuing.csr", "root.csr"),
    "request-none": replace_file("issuing.csr", b"-----BEGIN CERTIFICATE REQUEST-----\n"),
    "crl-foreign": replace_file("root.crl", "other.crl"),
    "crl-none": replace_file("root.crl", b"x"),
    "public-key-none": replace_file("root.pub", b"x"),
    "good-draw-again": repeat("draw", 1),
    "draw-before-its-step": move("draw", 1, "token"),
    "draw-after-its-use": move("draw", 1, "check"),
    "draw-after-its-step": move("draw", 1, "close"),
    "unknown-kind": insert(5, "gossip", text="x"),
    "member-missing": change("artefact", 0, type=None),
    "member-of-other-type": change("artefact", 0, size="12"),
    # What is said at another place of a record is not what the record says.
    "good-nested-mode": change("header", 0, a={"mode": "REHEARSAL", "script": "x", "steps": 99}),
    "nested-mode": change("header", 0, a={"mode": "PRODUCTION"}, mode="REHEARSAL"),
    "nested-result": change("check", 0, a={"result": "pass"}, result="fail"),
    "nested-lint": change("lint", 0, a={"result": "pass"}, result="error"),
    "nested-outcome": change("step", 5, a={"outcome": "done"}, outcome="failed"),
    "nested-origin": several(drop("lint", 1), change("artefact", 2, a={"origin": "input"})),
    "nested-key": change("person", 0, a={"key": "x"}, key="spki-sha256:" + "1" * 64),
    "nested-values": change("attributes", 0, values={"A": {"CKA_EXTRACTABLE": False, "CKA_SENSITIVE": True}}),
    "nested-sha256": change("artefact", 5, a={"sha256": "0" * 64}, sha256="0" * 64),
    "good-values-brace": change("attributes", 0, values=dict(SAFE, CKA_APPLICATION="} , {")),
    "good-label-equals": insert(-3, "attributes", key="a=b", class_="public-key", values=SAFE,
                                expected={"CKA_LABEL": SAFE["CKA_LABEL"]}),
    "script-only-key-of-other-name": change("attributes", 0, key="hsm/other"),
    "member-of-text-only": change("artefact", 0, sha256=None, a={"sha256": "0" * 64}),
    "site-digest-none": change("header", 0, site_sha256="x"),
    "torn-digest-none": insert(6, "torn", size=3, sha256="5", hex="7b2261"),
    "script-outside": change("header", 0, script="../good.yaml"),
    "step-failed-after-done": lambda c, path: c.records.insert(
        place_of(c, "step", 5) + 1, ("step", {"step": 3, "step_kind": "issue", "phase": "end", "outcome": "failed"})),
    "lint-of-two-names": several(drop("lint", 1), change("lint", 0, name="root.cer issuing.cer")),
    "key-of-two-people": several(change("person", 0, key="x spki-sha256:y"), signers([])),
    "good-type-of-two-words": change("artefact", 5, type="a photograph"),
    "spki-with-blank": lambda c, path: [body.update(spki_sha256=body["spki_sha256"] + " ") for kind, body in c.records
                                        if kind == "check" and body.get("step") == 5],
    "draw-of-no-step": insert(-1, "draw", purpose="x", source="y", value="z", step=0),
    "certificates-two": lambda c, path: replace_file("root.cer", read(path("root.cer")) + read(path("other.pem")))(c, path),
    "public-key-der": lambda c, path: replace_file("root.pub", openssl("pkey", "-in", path("root.key"), "-pubout", "-outform",
                                                                       "DER"))(c, path),
    "certificate-and-request": lambda c, path: replace_file("root.cer", read(path("root.cer")) + read(path("root.csr")))(c, path),
    "certificate-der-and-more": lambda c, path: replace_file("root.cer", openssl(
        "x509", "-in", path("root.cer"), "-outform", "DER") + b"x")(c, path),
    "good-certificate-der-and-zeros": lambda c, path: replace_file("root.cer", openssl(
        "x509", "-in", path("root.cer"), "-outform", "DER") + b"\0\0")(c, path),
    "good-certificate-der": lambda c, path: replace_file("root.cer", openssl("x509", "-in", path("root.cer"), "-outform",
                                                                             "DER"))(c, path),
    "good-certificate-with-text": lambda c, path: replace_file("root.cer", openssl("x509", "-in", path("root.cer"), "-text"))(
        c, path),
    "good-certificate-with-cr": lambda c, path: replace_file("root.cer", read(path("root.cer")).replace(b"\n", b"\r\n"))(
        c, path),
    "certificate-in-utf-16": lambda c, path: replace_file("root.cer", read(path("root.cer")).decode().encode("utf-16"))(c, path),
    "certificate-trusted": lambda c, path: replace_file("root.cer", openssl("x509", "-in", path("root.cer"), "-trustout"))(
        c, path),
    "certificate-in-pkcs7": lambda c, path: replace_file("root.cer", openssl("crl2pkcs7", "-nocrl", "-certfile",
                                                                             path("root.cer")))(c, path),
    "requests-two": lambda c, path: replace_file("issuing.csr", read(path("issuing.csr")) + read(path("root.csr")))(c, path),
    "crls-two": lambda c, path: replace_file("root.crl", read(path("root.crl")) + read(path("other.crl")))(c, path),
    "crl-der-and-more": lambda c, path: replace_file("root.crl", openssl(
        "crl", "-in", path("root.crl"), "-outform", "DER") + b"x")(c, path),
    "good-crl-der": lambda c, path: replace_file("root.crl", openssl("crl", "-in", path("root.crl"), "-outform", "DER"))(c, path),
    "public-keys-two": lambda c, path: replace_file("root.pub", read(path("root.pub")) + openssl(
        "pkey", "-in", path("other.key"), "-pubout"))(c, path),
    "public-key-private": lambda c, path: replace_file("root.pub", read(path("root.key")))(c, path),
    "proof-keys-two": lambda c, path: replace_file("proof-4.pub", c.files["proof-4.pub"] + c.files["proof-6.pub"])(c, path),
    "signature-with-its-content": lambda c, path: c.cms_more.append("-nodetach"),
    "signature-without-certificate": lambda c, path: c.cms_more.append("-nocerts"),
    "signature-of-two": lambda c, path: c.cms_more.extend(["-signer", path("stranger.pem"), "-inkey", path("stranger.key")]),
    # What is not canonical JSON.
    "json-member-twice": written(b'"mode":"PRODUCTION"', b'"mode":"PRODUCTION","mode":"PRODUCTION"'),
    "json-member-of-other-case": noted(b'1,"Text":1'),
    "json-unsorted": written(b'"by":"Ada","reason":"coffee"', b'"reason":"coffee","by":"Ada"'),
    "json-blank": noted(b'[1, 2]'),
    "json-tab": noted(b'"\t"'),
    "json-fraction": noted(b"1.0"),
    "json-exponent": noted(b"1e2"),
    "json-minus-zero": noted(b"-0"),
    "json-plus": noted(b"+1"),
    "json-leading-zero": noted(b"01"),
    "json-too-large": noted(b"9007199254740992"),
    "good-json-largest": noted(b"[9007199254740991,-9007199254740991,0,-1]"),
    "json-nan": noted(b"NaN"),
    "json-word": noted(b"nulll"),
    "json-escaped-slash": noted(b'"\\/"'),
    "json-escaped-letter": noted(b'"\\u0041"'),
    "json-escaped-upper-case": noted(b'"\\u001F"'),
    "json-escaped-newline": noted(b'"\\u000a"'),
    "json-escaped-nul": noted(b'"\\u0000"'),
    "good-json-escapes": noted(b'"\\u001f\\u0001\\b\\t\\n\\f\\r\\\\\\""'),
    "json-overlong": noted(b'"\xc0\xaf"'),
    "json-overlong-three": noted(b'"\xe0\x80\xaf"'),
    "json-surrogate": noted(b'"\xed\xa0\x80"'),
    "json-beyond-unicode": noted(b'"\xf4\x90\x80\x80"'),
    "json-cut-character": noted(b'"\xe2\x82"'),
    "json-latin-1": noted(b'"\xe9"'),
    "good-json-utf8": noted("\"\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff\"".encode()),
    "good-json-deep": noted(b"[" * 14 + b"]" * 14),
    "json-deeper": noted(b"[" * 15 + b"1" + b"]" * 15),
    "json-comma": noted(b"[1,]"),
    "json-comma-in-object": noted(b'{"a":1,}'),
    "json-name-strange": noted(b'{"a b":1}'),
    "json-name-empty": noted(b'{"":1}'),
    "json-name-long": noted(b'{"' + b"a" * 65 + b'":1}'),
    "good-json-name-long": noted(b'{"' + b"a" * 64 + b'":1,"b":{}}'),
    "json-nested-unsorted": noted(b'{"b":1,"a":1}'),
    "json-nested-twice": noted(b'{"a":1,"a":1}'),
    "good-json-order": noted(b'{"-":1,".":1,"0":1,"A":1,"AB":1,"_":1,"a":1,"ab":1}'),
    "json-quote": noted(b'"""'),
    "json-two-values": noted(b"1 2"),
    "json-mark-of-order": written(b'{"at"', b'\xef\xbb\xbf{"at"'),
    "json-line-too-long": noted(b'"' + b"x" * 1048576 + b'"'),
    "mono-leading-zero": written(b'"mono_us":3000,', b'"mono_us":03000,'),
    "mono-too-large": written(b'"mono_us":3000,', b'"mono_us":9007199254740992,'),
    "time-of-other-form": written(b"2027-01-04T10:00:03.000003Z", b"2027-01-04 10:00:03.000003Z"),
    "unsigned": signers([], []),
    "witness-missing": signers([]),
    "ssh-missing": signers(None, ["ed25519", "rsa"]),
    "signed-by-stranger": signers(["witness", "stranger"]),
    "signed-by-stranger-alone": signers(["stranger"]),
}


# --- what is changed in the finished folder ------------------------------------------------------------------------

def flip(name, place, mask=1):
    def apply(folder, path):
        file = os.path.join(folder, name)
        data = bytearray(read(file))
        data[int(place * (len(data) - 1)) if isinstance(place, float) else place] ^= mask
        with open(file, "wb") as out:
            out.write(data)
    return apply


def edit_lines(edit):
    def apply(folder, path):
        file = os.path.join(folder, "transcript.jsonl")
        lines = read(file).split(b"\n")[:-1]
        lines = edit(lines) or lines
        with open(file, "wb") as out:
            out.write(b"".join(line + b"\n" for line in lines))
    return apply


def put(name, data):
    def apply(folder, path):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)
    return apply


def swap(lines, i, j):
    lines[i], lines[j] = lines[j], lines[i]


def link(name, target):
    return lambda folder, path: os.symlink(target, os.path.join(folder, name))


def append_raw(data):
    def apply(folder, path):
        with open(os.path.join(folder, "transcript.jsonl"), "ab") as out:
            out.write(data)
    return apply


def replaced_by_link(folder, path):
    file = os.path.join(folder, "photo.txt")
    os.rename(file, os.path.join(os.path.dirname(folder), ".photo"))
    os.symlink("../.photo", file)


OUTSIDER = {
    "file-surplus": put("surplus.bin", b"x"),
    "file-hidden": put(".hidden", b"x"),
    "file-deep": put("signatures/deep/x.sig", b"x"),
    "file-unsigned-kind": put("signatures/x.txt", b"x"),
    "link-surplus": link("surplus", "/etc/hostname"),
    "link-in-place": replaced_by_link,
    "pipe-in-place": lambda folder, path: [os.unlink(folder + "/head.txt"), os.mkfifo(folder + "/head.txt")],
    "pipe": lambda folder, path: os.mkfifo(os.path.join(folder, "pipe")),
    "signature-and-more": lambda folder, path: put("signatures/witness.p7s", read(folder + "/signatures/witness.p7s") + b"\0")(
        folder, path),
    "signature-blank-in-name": lambda folder, path: os.rename(folder + "/signatures/rsa.sig", folder + "/signatures/r sa.sig"),
    "signature-without-name": lambda folder, path: os.rename(folder + "/signatures/rsa.sig", folder + "/signatures/.sig"),
    "good-folder-empty": lambda folder, path: os.mkdir(folder + "/empty"),
    "link-to-folder": link("more", "."),
    "mark-of-order": lambda folder, path: put("transcript.jsonl", b"\xef\xbb\xbf" + read(folder + "/transcript.jsonl"))(
        folder, path),
    "head-other": put("head.txt", b"p11cert-ceremony-head-1\n"),
    "manifest-wrong": put("MANIFEST", b""),
    "signature-empty": put("signatures/witness.p7s", b""),
    "signature-text": put("signatures/ed25519.sig", b"-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n"),
    "signature-swapped": lambda folder, path: shutil.copy(folder + "/signatures/rsa.sig", folder + "/signatures/ed25519.sig"),
    "nul-appended": append_raw(b"\0"),
    "nul-line": append_raw(b"\0\n"),
    "line-empty": append_raw(b"\n"),
    "line-cr": edit_lines(lambda lines: [line + b"\r" for line in lines]),
    "transcript-empty": put("transcript.jsonl", b""),
    "transcript-gone": lambda folder, path: os.unlink(os.path.join(folder, "transcript.jsonl")),
    "nul-inside": edit_lines(lambda lines: lines.__setitem__(3, lines[3][:20] + b"\0" + lines[3][20:])),
    "blank-inside": edit_lines(lambda lines: lines.__setitem__(3, lines[3].replace(b":", b": ", 1))),
    "no-last-line-end": lambda folder, path: os.truncate(os.path.join(folder, "transcript.jsonl"), os.path.getsize(
        os.path.join(folder, "transcript.jsonl")) - 1),
}
for number in range(30):
    OUTSIDER["drop-%d" % number] = edit_lines(lambda lines, n=number: lines.pop(n) and None)
    OUTSIDER["repeat-%d" % number] = edit_lines(lambda lines, n=number: lines.insert(n, lines[n]))
    if number:
        OUTSIDER["swap-%d" % number] = edit_lines(lambda lines, n=number: swap(lines, n - 1, n))
        OUTSIDER["truncate-%d" % number] = edit_lines(lambda lines, n=number: lines[:n])
for number in range(24):
    OUTSIDER["flip-transcript-%d" % number] = flip("transcript.jsonl", number / 23, 1 << number % 8)
for name in ("ceremony.yaml", "root.cer", "issuing.csr", "root.crl", "root.pub", "photo.txt", "head.txt",
             "signatures/witness.p7s", "signatures/ed25519.sig", "signatures/ecdsa.sig", "signatures/rsa.sig"):
    OUTSIDER["flip-" + name.replace("/", "-")] = flip(name, 0.6)


def make(folder, case, lines=0):
    path = keys(os.environ.get("CEREMONY_KEYS", os.path.dirname(os.path.abspath(folder)) + ".keys"))
    c = good(folder, path, lines, SCRIPT.replace(*SCRIPTS[case]) if case in SCRIPTS else SCRIPT)
    INSIDER.get(case, nothing)(c, path)
    rebuild_intents(c)
    for kind, body in c.records:
        if kind == "outcome" and body["intent"] == "keep":
            body["intent"] = 1
        if "class_" in body:
            body["class"] = body.pop("class_")
    write(c, path)
    OUTSIDER.get(case, lambda folder, path: None)(folder, path)


def make_part(folder, part, parts):
    """Every parts-th case. What an outsider changes is a copy of the good one."""
    cases = (list(INSIDER) + list(OUTSIDER))[part::parts]
    make(os.path.join(folder, "good"), "good")
    for case in cases:
        if case in OUTSIDER:
            shutil.copytree(os.path.join(folder, "good"), os.path.join(folder, case))
            OUTSIDER[case](os.path.join(folder, case), None)
        elif case != "good":
            make(os.path.join(folder, case), case)


def main(words):
    if words == ["--cases"]:
        print("\n".join(list(INSIDER) + list(OUTSIDER)))
    elif words[1:2] == ["--part"]:
        make_part(words[0], int(words[2]), int(words[3]))
    else:
        make(words[0], words[words.index("--case") + 1] if "--case" in words else "good",
             int(words[words.index("--lines") + 1]) if "--lines" in words else 0)


main(sys.argv[1:])
