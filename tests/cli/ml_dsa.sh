#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ML-DSA keys, which only the signer "native" signs with: the whole way of a certificate on a token that makes them
# (NSS softokn 3.132), judged by openssl. Run by tokens/with nss.
#   ml_dsa.sh PROGRAM
# 77 if OpenSSL is older than 3.5 or the token makes no such keys: that they are refused is tested anyway.
set -eu
program=$1
. "$(dirname "$0")/expect.sh"
folder=$(mktemp -d)
tls_server=
trap '[ -z "$tls_server" ] || kill "$tls_server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
export P11CERT_SIGNER=native

# --- what cannot make them ---

new="new --key-type ml-dsa-65 --subject CN=server --label server --tolerate local --exportable --out server.req"
openssl list -public-key-algorithms >text
if ! grep -q ML-DSA-65 text; then
    # shellcheck disable=SC2086
    p11cert 6 $new
    says err "has no ML-DSA-65 keys"
    says err "OpenSSL 3.5 or later"
    [ ! -e server.req ] || fail "a request was written"
    echo "not here: OpenSSL with ML-DSA"
    exit 77
fi
p11cert 0 tokens --verbose
if ! grep -q CKM_ML_DSA_KEY_PAIR_GEN out; then
    # shellcheck disable=SC2086
    p11cert 6 $new
    says err "it does not list CKM_ML_DSA_KEY_PAIR_GEN; no key was created"
    [ ! -e server.req ] || fail "a request was written"
    echo "not here: a token that makes ML-DSA keys (NSS 3.132, opencryptoki 3.27; Debian 13 has neither)"
    exit 77
fi

openssl_4=$(openssl version | sed -n 's/^OpenSSL 4.*/yes/p')

# --- a key, a request, a certificate, for each parameter set ---

openssl genpkey -algorithm ML-DSA-65 -out root.key
openssl req -x509 -new -key root.key -subj /CN=Root -days 30 -out root.cer
for set in 44 65 87; do
    p11cert 0 new --key-type "ml-dsa-$set" --subject "CN=server$set" --label "server$set" --tolerate local \
        --exportable --out "$set.req"
    openssl req -in "$set.req" -noout -verify >/dev/null 2>&1 || fail "openssl does not verify $set.req"
    openssl req -in "$set.req" -noout -text >text
    says text "Signature Algorithm: ML-DSA-$set"
    openssl x509 -req -in "$set.req" -CA root.cer -CAkey root.key -days 20 -copy_extensions copy -out "$set.cer" 2>/dev/null
    p11cert 0 accept "$set.cer" --chain root.cer
    says out "signed a challenge, which verified with the certificate"
    p11cert 0 list --json
    says out "ML-DSA-$set"
done

# As Microsoft's documentation writes it for certreq.
cat >server.inf <<'END'
[Version]
Signature = "$Windows NT$"
[NewRequest]
Subject = "CN=inf"
KeyUsage = 0x80
KeySpec = AT_SIGNATURE
ProviderName = "Microsoft Software Key Storage Provider"
ProviderType = 0
HashAlgorithm = NoHash
KeyAlgorithm = "ML-DSA:65"
Exportable = TRUE
RequestType = PKCS10
END
p11cert 0 new server.inf --label inf --tolerate local --out inf.req
openssl req -in inf.req -noout -text >text
says text "Signature Algorithm: ML-DSA-65"
p11cert 0 retire --key inf --yes

# --- a client certificate in TLS 1.3 ---

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -days 2 -keyout tls.key -out tls.cer 2>/dev/null
openssl s_server -accept 0 -cert tls.cer -key tls.key -CAfile root.cer -Verify 1 -verify_return_error -www -naccept 1 \
    >server.log 2>&1 </dev/null &
tls_server=$!
until grep -q ^ACCEPT server.log; do
    kill -0 "$tls_server" || fail "openssl s_server: $(cat server.log)"
    sleep 0.1
done
port=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' server.log)
by_token="ca-chain --ca https://localhost:$port/certsrv --cacert tls.cer --auth none --client-key server65"
if [ "$openssl_4" ]; then # Debian's libcurl uses OpenSSL 3
    # shellcheck disable=SC2086
    p11cert 6 $by_token
    says err "can be presented to the CA only if both use"
    kill "$tls_server"
else
    # shellcheck disable=SC2086
    p11cert 7 $by_token
    says err "a page that is not from AD CS"
    wait "$tls_server" || true
    says server.log "CN=server65"
fi

# --- other signatures ---

p11cert 0 sign --key server65 --raw --out bare 44.req
openssl x509 -in 65.cer -noout -pubkey >65.pub
openssl pkeyutl -verify -pubin -inkey 65.pub -sigfile bare -rawin -in 44.req >/dev/null || fail "a bare signature"
p11cert 0 sign --key server87 --out message.p7s 44.req
openssl cms -verify -inform DER -in message.p7s -content 44.req -binary -CAfile root.cer -purpose any -out content \
    2>/dev/null || fail "a CMS signature"
p11cert 3 sign --key server65 --digest --out digest 44.req
says err "an ML-DSA-65 key signs whole messages, not a digest"
p11cert 0 renew --key server65 --out renewed.req
openssl req -in renewed.req -noout -verify >/dev/null 2>&1 || fail "a renewal"
engine_refuses=3
[ -z "$openssl_4" ] || engine_refuses=2 # there is no such signer
P11CERT_SIGNER=engine p11cert $engine_refuses renew --key server65 --out other.req
p11cert 0 repair
says out "3 private keys, 3 proved by a signature"
p11cert 1 check 65.cer --policy hsm
says out "ML-DSA-65, as strong as FIPS 204 has it"
p11cert 1 check 65.cer
says out "an algorithm that has no separate hash"

# --- a CA, a CRL ---

p11cert 0 new --key-type ml-dsa-87 --subject CN=Issuing --label issuing --tolerate local --exportable --out ca.req
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' >ca.ext
openssl x509 -req -in ca.req -CA root.cer -CAkey root.key -days 25 -extfile ca.ext -out ca.cer 2>/dev/null
p11cert 0 accept ca.cer
p11cert 0 issue 44.req --ca issuing --out issued.cer
openssl verify -CAfile root.cer -untrusted ca.cer issued.cer >/dev/null || fail "a certificate issued with ML-DSA-87"
p11cert 0 crl --ca issuing --first --out ca.crl
openssl crl -in ca.crl -CAfile ca.cer -noout 2>/dev/null || fail "a CRL"

# --- out of the token, and into it ---

p11cert 0 export --key server65 --out server.pfx --generate-password password
p11cert 0 retire --key server65 --yes --allow-valid
p11cert 0 import server.pfx --label again --password-source file:password
says out "ML-DSA-65 key"
says out "signed a challenge, which verified with the certificate"
