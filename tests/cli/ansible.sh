#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The example role for two hosts, twice: the second run changes nothing. With --check nothing is made, and a wrong PIN is
# tried once for all hosts.
#   tests/cli/ansible.sh PATH-OF-P11CERT, under tokens/with softhsm
set -eu
program=$1
command -v ansible-playbook >/dev/null || { echo "not run here: no ansible-playbook"; exit 77; }
role=$(cd "$(dirname "$0")/../../scripts/ansible" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME="$folder" ANSIBLE_LOCAL_TEMP="$folder/tmp" ANSIBLE_NOCOLOR=1 ANSIBLE_HOME="$folder/ansible" LC_ALL=C.UTF-8

(umask 077 && echo 71936254 >"$folder/pin")
pin=file:$folder/pin
"$program" init ansible --pin-source "$pin" --so-pin-source "$pin" >/dev/null
"$program" issue --self-signed --token ansible --pin-source "$pin" --subject "CN=Play CA" --key-type ec-p256 --out "$folder/ca.cer" >/dev/null
try()
{
    ansible-playbook -i "$role/hosts.ini" "$role/site.yml" -e "p11cert_program=$program" -e "p11cert_folder=$folder" \
        -e p11cert_token=ansible -e "p11cert_pin_source=$pin" -e '{"p11cert_ca_key": "Play CA"}' \
        -e "p11cert_chain=$folder/ca.cer" "$@" >"$folder/log" 2>&1
}
play()
{
    try "$@" || { cat "$folder/log"; exit 1; }
}
expect()
{
    [ "$(grep -cE "^(ms01|gw01)\.contoso\.com .*$1" "$folder/log")" = 2 ] || { cat "$folder/log"; echo "expected $1"; exit 1; }
}

(umask 077 && echo 99999999 >"$folder/wrong")
try -e "p11cert_pin_source=file:$folder/wrong" && { cat "$folder/log"; echo "a wrong PIN was not noticed"; exit 1; }
[ "$(grep -c '^fatal: .*CKR_PIN_INCORRECT' "$folder/log")" = 1 ] || { cat "$folder/log"; echo "not one attempt"; exit 1; }
play --check
expect 'changed=0 .*failed=0'
find "$folder" -path "$folder/*.contoso.com*" | grep . && { echo "--check wrote that"; exit 1; }

play
expect 'changed=6 .*failed=0'
openssl verify -CAfile "$folder/ca.cer" "$folder/ms01.contoso.com.cer" "$folder/gw01.contoso.com.cer"
[ -f "$folder/ms01.contoso.com.kit/server.pfx" ]
find "$folder" -path "$folder/*.contoso.com*" -type f -exec sha256sum {} + | sort >"$folder/before"
play
expect 'changed=0 .*failed=0'
find "$folder" -path "$folder/*.contoso.com*" -type f -exec sha256sum {} + | sort | cmp - "$folder/before"
