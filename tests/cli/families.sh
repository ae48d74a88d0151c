#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole workflow on a token of a family other than SoftHSM, verified with openssl and pkcs11-tool. Run by tokens/with.
#   families.sh FAMILY PROGRAM
set -eu
family=$1
program=$2
. "$(dirname "$0")/expect.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Each process leaves objects in a TPM without a resource manager.
after_each()
{
    [ "$family" != tpm2 ] || { tpm2_flushcontext -t && tpm2_flushcontext -l && tpm2_flushcontext -s; }
}

tolerate=
[ "$family" != nss ] || tolerate="--tolerate local"

p11cert 0 doctor
p11cert 0 tokens
says out "$P11CERT_TOKEN"

if [ "$family" = nss ]; then
    # It reports that it created no keys, and it wraps keys that must not be wrapped: both are detected.
    p11cert 6 new --subject CN=plain --out plain.req
    says err "local is false"
    says err "--tolerate local"
    p11cert 0 list
    says out "empty"
    p11cert 6 new --subject CN=stays --out stays.req --tolerate local
    says err "revealed the private key"
    [ ! -e stays.req ] || fail "a request was written"
    p11cert 0 new --subject CN=server --dns server --out server.req --exportable --tolerate local
    says out "local is false; tolerated as requested"
    # And the user can create a wrapping key that counts as marked by the Security Officer.
    p11cert 1 check --key server --policy hsm --probe
    says out "the user can set CKA_TRUSTED"
elif [ "$family" = tpm2 ]; then
    p11cert 0 new --subject CN=server --dns server --out server.req
    says out "reading the private value was tried and refused (CKR_ATTRIBUTE_TYPE_INVALID), wrapping it could not be tried"
    # It creates no exportable keys, and none that sign but do not decrypt.
    p11cert 6 new --subject CN=moves --out moves.req --exportable
    says err "no key was created"
    p11cert 6 new --subject CN=ec --out ec.req --key-type ec-p256
    says err "no key was created"
    [ ! -e moves.req ] && [ ! -e ec.req ] || fail "a request was written"
else
    p11cert 0 new --subject CN=server --dns server --out server.req
    says out "reading the private value was tried and refused (CKR_ATTRIBUTE_SENSITIVE), and so was wrapping it (CKR_KEY_UNEXTRACTABLE)"
fi
"$(dirname "$0")/../support/verify-request" -in "$folder/server.req" 2>verified || fail "the request does not verify: $(cat verified)"

# A second run uses the same key.
spki=$(openssl req -in server.req -noout -pubkey)
exportable=
[ "$family" != nss ] || exportable=--exportable
# shellcheck disable=SC2086
p11cert 0 new --subject CN=server --dns server --out server.req --force $exportable $tolerate
says out "reused from an earlier run"
[ "$spki" = "$(openssl req -in server.req -noout -pubkey)" ] || fail "another key was used"

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=ca -out ca.pem 2>/dev/null
openssl x509 -req -in server.req -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -copy_extensions copyall -out server.pem 2>/dev/null
p11cert 0 accept server.pem --chain ca.pem
says out "signed a challenge, which verified with the certificate"
p11cert 0 list --json
says out '"subject": "CN=server"'
p11cert 0 show --key server
# The policy rejects a key that stays on the token.
fails=1
[ "$family" != nss ] || fails=0
p11cert $fails check server.pem ca.pem --fqdn server --key server

# Verified with another program: the certificate is there with the key's CKA_ID.
if [ "$family" != nss ]; then
    pkcs11-tool --module "$P11CERT_MODULE" --token-label "$P11CERT_TOKEN" --login --pin "$(cat "${P11CERT_PIN_SOURCE#file:}")" \
        --list-objects >objects 2>/dev/null
    id=$(sed -n '/^Private Key/,/ID:/s/^ *ID: *//p' objects | head -1)
    [ -n "$id" ] || fail "pkcs11-tool shows no private key"
    [ "$(grep -c "ID: *$id" objects)" = 3 ] || fail "key, public key and certificate have not one CKA_ID: $(cat objects)"
fi
# A CA with its key on the token.
if [ "$family" = opencryptoki ]; then
    p11cert 0 issue --self-signed --subject CN=root --out root.pem
    p11cert 0 issue server.req --ca root --out again.pem
    openssl verify -CAfile root.pem again.pem >/dev/null || fail "what the CA on the token issued does not verify"
fi

# Each of the two ignores the template of a key that it unwraps; one that is written is as requested.
if [ "$family" != tpm2 ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout imported.key -subj /CN=imported -out imported.pem 2>/dev/null
    openssl pkcs12 -export -inkey imported.key -in imported.pem -passout pass: -out imported.pfx
    (umask 077 && : >no.password)
    p11cert 0 import imported.pfx --label imported --password-source file:no.password
    says out "    not exportable"
    says out "does not give an unwrapped key the requested attributes"
    p11cert 0 retire --key imported --yes --allow-valid
fi

# A key alone. The same command again must not call a key good that the first run has found to be extractable.
case $family in
    nss)
        # shellcheck disable=SC2086
        p11cert 6 keygen --label alone --key-type rsa-2048 $tolerate
        says err "it can be extracted: do not use it"
        # shellcheck disable=SC2086
        p11cert 6 keygen --label alone --key-type rsa-2048 $tolerate
        p11cert 6 keygen --label secret --key-type aes-256 --use wrap
        says err "--tolerate local"
        ;;
    opencryptoki)
        p11cert 0 keygen --label alone --key-type aes-256 --use wrap
        p11cert 0 keygen --label alone --key-type aes-256 --use wrap
        says out "nothing was changed"
        p11cert 0 retire --key alone --yes
        ;;
esac

# A key on a second token, of another family. SoftHSM and NSS have different names for the format of RFC 5649.
second=/usr/lib/softhsm/libsofthsm2.so
softhsm()
{
    env -u P11CERT_MODULE_INIT_ARGS P11CERT_MODULE=$second P11CERT_TOKEN=second P11CERT_PIN_SOURCE=file:second.pin "$@"
}
mkdir tokens
export SOFTHSM2_CONF="$folder/softhsm2.conf"
echo "directories.tokendir = $folder/tokens" >softhsm2.conf
(umask 077 && echo 8642 >second.pin)
softhsm softhsm2-util --init-token --free --label second --so-pin 8642 --pin 8642 >/dev/null
to="--to second --to-module $second --to-pin-source file:second.pin"
case $family in
    nss)
        # shellcheck disable=SC2086
        p11cert 0 copy --key server $to
        says out "CKM_AES_KEY_WRAP_PAD"
        softhsm "$program" copy --check --to "$P11CERT_TOKEN" --to-module "$P11CERT_MODULE" \
            --to-module-init-args "$P11CERT_MODULE_INIT_ARGS" --to-pin-source "$P11CERT_PIN_SOURCE" --json >out ||
            [ $? = 1 ] || fail "copy --check with a module that requires init arguments"
        says out '"signed_by_copy": true'
        ;;
    opencryptoki)
        p11cert 0 keygen --label moves --key-type rsa-2048 --exportable
        # shellcheck disable=SC2086
        p11cert 6 copy --key moves $to
        says err 'no mechanism in common for a private key: "ock" wraps with CKM_AES_CBC_PAD, "second" unwraps with CKM_AES_KEY_WRAP_PAD'
        p11cert 0 retire --key moves --yes
        ;;
    tpm2)
        # shellcheck disable=SC2086
        p11cert 8 copy --key server $to
        says err "cannot leave token"
        ;;
esac

# A key that is no longer used, with its certificate; and another PIN.
p11cert 8 retire --key server --yes
p11cert 0 retire --key server --yes --allow-valid
says out "destroyed, and not found in a new session"
p11cert 4 show --key server
(umask 077 && echo next8642 >next.pin)
p11cert 0 pin --new-pin-source file:next.pin
p11cert 0 list --pin-source file:next.pin
