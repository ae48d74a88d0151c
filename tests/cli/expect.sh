# SPDX-License-Identifier: Apache-2.0
# For tests that are shell scripts, which read it before they change to their own folder. They set $program. shellcheck
# shell=sh disable=SC2154

fail()
{
    echo "${0##*/}: $*" >&2
    exit 1
}

after_each()
{
    :
}

# p11cert EXIT-CODE ARGUMENT...: the output is in out and err.
p11cert()
{
    wanted=$1
    shift
    got=0
    "$program" "$@" >out 2>err || got=$?
    after_each
    [ "$got" = "$wanted" ] || fail "p11cert $*: exit code $got, not $wanted: $(cat out err)"
}

# says FILE TEXT
says()
{
    grep -qF -- "$2" "$1" || fail "not said in $1: $2; but: $(cat "$1")"
}
