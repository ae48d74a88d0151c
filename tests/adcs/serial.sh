# SPDX-License-Identifier: Apache-2.0

# next_serial FIRST-BYTE: a serial number that is higher than all before, and has 64 random bits. Of two certificates
# with the same validity, as a CA issues them within one second, the one with the higher number is a key's current one.
next_serial()
{
    printf '0x%s%016x%s\n' "$1" "$(date +%s%N)" "$(openssl rand -hex 8)"
}
