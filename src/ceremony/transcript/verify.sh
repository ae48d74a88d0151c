#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The second verifier of a key ceremony: sh, openssl and coreutils, and ssh-keygen for SSH signatures. It shares nothing
# with p11cert but docs/ceremony-transcript.md. Take it from somebody you trust, not from the bundle that it is to judge.
#
#   sh verify.sh [--mode rehearsal] [--head HEX] [--signer IDENTITY]... [FOLDER]
#
# FOLDER is the ceremony's folder, or a bundle unpacked into an empty folder. Exit code 0: all that is here verifies.
set -u
LC_ALL=C
export LC_ALL
mode=PRODUCTION known_head='' wanted='' folder=.
while [ $# -gt 0 ]; do
    case $1 in
    --mode) [ "$2" = rehearsal ] && mode=REHEARSAL; shift 2 ;;
    --head) known_head=$2; shift 2 ;;
    --signer) wanted="$wanted $2"; shift 2 ;;
    *) folder=$1; shift ;;
    esac
done
cd "$folder" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failures=0 newline='
'

failed()
{
    printf 'FAIL  %s\n' "$*"
    failures=$((failures + 1))
}

digest()
{
    sum=$(sha256sum)
    printf '%s' "${sum%% *}"
}

# A text or number of $body. In canonical JSON a name with its quotes cannot stand inside a text: its quotes would have
# backslashes.
text()
{
    case $body in
    *"\"$1\":\""*) value=${body#*"\"$1\":\""}; value=${value%%'"'*}; printf '%s' "$value" ;;
    esac
}

number()
{
    case $body in
    *"\"$1\":"[0-9]*) value=${body#*"\"$1\":"}; printf '%s' "${value%%[!0-9]*}" ;;
    esac
}

is_hex()
{
    case $1 in *[!0-9a-f]*) return 1 ;; esac
    [ ${#1} = 64 ]
}

# requires NAME... : texts, or numbers with #, or what is written out after =.
requires()
{
    for name; do
        case $name in
        \#*) [ -n "$(number "${name#?}")" ] ;;
        =*) case $body in *"${name#?}"*) ;; *) false ;; esac ;;
        *) case $body in *"\"$name\":\""*) ;; *) false ;; esac ;;
        esac || { broken="a member is missing: $name"; return 1; }
    done
}

is_name()
{
    case /$1 in
    *[!A-Za-z0-9._/-]* | */ | *//* | */.* | */-*) return 1 ;;
    esac
    [ ${#1} -le 99 ]
}

# --- what the records say ------------------------------------------------------------------------------------------
script=ceremony.yaml artefacts='' keys='' persons='' linted=' ' begun=' ' made=' ' intent='' closed='' proofs='' proving='' proved=' '

take_attributes()
{
    requires key class '="values":{' || return
    label=$(text key) spki=$(text spki_sha256) values=",${body#*'"values":{'}"
    values="${values%%\}*},"
    case $body in
    *'"expected":{'*)
        expected=${body#*'"expected":{'}; expected=${expected%%\}*}
        old=$IFS; IFS=,; set -f
        for each in $expected; do
            case $values in *",$each,"*) ;; *) failed "record $count: $each was expected" ;; esac
        done
        IFS=$old; set +f ;;
    esac
    case $body in
    *'"class":"private-key"'*)
        case $values in *',"CKA_EXTRACTABLE":false,'*) ;; *) failed "record $count: CKA_EXTRACTABLE of a private key" ;; esac
        case $values in *',"CKA_SENSITIVE":true,'*) ;; *) failed "record $count: CKA_SENSITIVE of a private key" ;; esac ;;
    esac
    [ -n "$spki" ] || return 0
    case $keys in
    *"$newline$label=$spki$newline"*) ;;
    *"$newline$label="*) failed "record $count: the key \"$label\" has another public key than before" ;;
    *) keys="${keys:-$newline}$label=$spki$newline" ;;
    esac
}

take_artefact()
{
    requires name type sha256 '#size' || return
    name=$(text name)
    is_name "$name" || { failed "record $count: not a name that a file may have"; return 0; }
    case $artefacts in *"$newline$name "*) failed "record $count: $name is recorded twice"; return 0 ;; esac
    lint=no
    case $linted in *" $name "*) lint=yes ;; esac
    [ "$(text origin)" = input ] && lint=yes
    made="$made$(number step) "
    artefacts="${artefacts:-$newline}$name $(text type) $(number size) $(text sha256) $lint $(text key)$newline"
}

take_step()
{
    requires '#step' step_kind phase || return
    step=$(number step)
    case "$(text phase)" in
    end)
        case $begun in *" $step "*) ;; *" $step-done "*) ;; *) failed "record $count: step $step was not begun" ;; esac
        case "$(text outcome)" in
        done | skipped)
            while :; do
                case $begun in *" $step "*) begun="${begun%%" $step "*} $step-done ${begun#*" $step "}" ;; *) break ;; esac
            done ;;
        esac ;;
    *) begun="$begun$step "
        case $body in *'"step_kind":"prove"'* | *'"step_kind":"copy-check"'*) proving="$proving $step" ;; esac ;;
    esac
}

# Recorded before its use: while its step is carried out, and before what the step makes.
take_draw()
{
    requires purpose source value || return
    step=$(number step)
    [ -n "$step" ] || return 0
    case $begun:$made in
    *" $step "*:*" $step "*) ;;
    *" $step "*:*) return 0 ;;
    esac
    failed "record $count: a draw is recorded before its step or after its use"
}

# A signature that was kept with what it signs.
take_check()
{
    requires what result || return
    [ "$(text result)" = pass ] || failed "record $count: a check did not pass"
    case $body in *'"challenge":'* | *'"signature":'* | *'"public_key":'*) ;; *) return 0 ;; esac
    challenge=$(text challenge) signature=$(text signature) public_key=$(text public_key)
    if ! is_name "$challenge" || ! is_name "$signature" || ! is_name "$public_key"; then
        failed "record $count: a proof has challenge, signature and public key, and one is missing"
        return 0
    fi
    proofs="$proofs$challenge $signature $public_key $(text spki_sha256)$newline"
    proved="$proved$(number step) "
}

take()
{
    [ -z "$closed" ] || { broken="the transcript is closed: nothing may follow"; return 1; }
    case $count:$kind in
    1:header) ;;
    1:* | *:header) broken="the header comes first, and only there"; return 1 ;;
    esac
    case $kind in
    header)
        requires format mode title script_sha256 site_sha256 '="tool":{' '="modules":[' || return
        case $body in *'"script":"'*) script=$(text script) ;; esac
        header_mode=$(text mode) script_sha256=$(text script_sha256) planned=$(number steps) ;;
    person)
        requires name role presence || return
        case $body in *'"key":"'*) persons="$persons $(text key)" ;; esac ;;
    token) requires role phase label serial ;;
    step) take_step ;;
    confirm) requires '#step' role name ;;
    intent)
        requires call || return
        [ -z "$intent" ] || { broken="the intent before has no outcome"; return 1; }
        intent=$count ;;
    outcome)
        requires '#intent' result || return
        [ "$(number intent)" = "$intent" ] || { broken="not the outcome of the open intent"; return 1; }
        intent='' ;;
    attributes) take_attributes ;;
    artefact) take_artefact ;;
    lint)
        requires name linter result || return
        case "$(text result)" in pass | warning) ;; *) failed "record $count: the lint of $(text name) has errors" ;; esac
        linted="$linted$(text name) " ;;
    check) take_check ;;
    draw) take_draw ;;
    deviation | abort) requires reason by ;;
    pause | resume) requires reason ;;
    torn) requires '#size' sha256 hex ;;
    note) requires text ;;
    close)
        requires outcome || return
        [ -z "$intent" ] || { broken="an intent has no outcome"; return 1; }
        closed=$(text outcome) ;;
    *) broken="not a kind of record: $kind"; return 1 ;;
    esac
}

# --- the chain -----------------------------------------------------------------------------------------------------
# Takes the line apart from its end, puts it together again, and compares.
read_record()
{
    rest=${line%'"}'}; own=${rest##*'"'}; bare=${line%",\"sha256\":\"$own\"}"}
    [ "$bare" != "$line" ] && is_hex "$own" && [ "$(printf '%s}' "$bare" | digest)" = "$own" ] ||
        { broken="its digest does not match what it says"; return 1; }
    seq=${bare##*,\"seq\":} rest=${bare%,\"seq\":*}
    rest=${rest%'"'}; prev=${rest##*'"'}; rest=${rest%",\"prev\":\"$prev"}
    mono=${rest##*:}; rest=${rest%",\"mono_us\":$mono"}
    rest=${rest%'"'}; kind=${rest##*'"'}; rest=${rest%",\"kind\":\"$kind"}
    rest=${rest#'{"at":"'}; at=${rest%%'"'*}; body=${rest#"$at\",\"body\":"}
    [ "{\"at\":\"$at\",\"body\":$body,\"kind\":\"$kind\",\"mono_us\":$mono,\"prev\":\"$prev\",\"seq\":$seq" = "$bare" ] ||
        { broken="it is not a record"; return 1; }
    case $at in [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z) ;;
    *) broken="it is not a record"; return 1 ;; esac
    case $mono in '' | *[!0-9]*) broken="it is not a record"; return 1 ;; esac
    case $body in '{'*'}') ;; *) broken="it is not a record"; return 1 ;; esac
    [ "$seq" = "$count" ] || { broken="it has the number $seq"; return 1; }
    is_hex "$prev" && { [ "$count" = 1 ] || [ "$prev" = "$head" ]; } ||
        { broken="it was written after another line $((count - 1))"; return 1; }
}

read_transcript()
{
    count=0 head='' line=''
    while IFS= read -r line; do
        count=$((count + 1))
        broken=''
        if ! read_record || ! take; then
            failed "chain: line $count is not as it was written: $broken"
            return 1
        fi
        head=$(printf '%s' "$line" | digest)
    done <transcript.jsonl
    [ -z "$line" ] || { failed "chain: line $((count + 1)) is incomplete"; return 1; }
    [ "$count" != 0 ] || { failed "chain: the transcript is empty"; return 1; }
}

if [ ! -f transcript.jsonl ] || [ -L transcript.jsonl ]; then
    failed "transcript.jsonl is not a file"
elif ! tr -d '\000' <transcript.jsonl | cmp -s - transcript.jsonl; then
    failed "the transcript contains a NUL" # which a shell cannot hold
else
    read_transcript
fi
if [ $failures != 0 ] && [ -z "$closed" ]; then
    echo "NOT VERIFIED"
    exit 1
fi
[ "$header_mode" = "$mode" ] || failed "mode: the transcript is of $header_mode"
[ "$closed" = complete ] || failed "end: ${closed:-the end is missing}"
for each in $begun; do
    case $each in *-done) ;; *) failed "end: step $each was begun and not done" ;; esac
done
case ${planned:-0} in
0) ;;
*)
    steps=$(printf '%s\n' $begun | sed 's/-done//' | sort -u | wc -l | tr -d ' ')
    [ "$steps" = "$planned" ] || failed "end: the ceremony has $planned steps, and $steps were begun" ;;
esac
[ -z "$known_head" ] || [ "$known_head" = "$head" ] || failed "head: not the one that was written down"

# --- the files -----------------------------------------------------------------------------------------------------
files=''

visit()
{
    for file in "$1"* "$1".[!.]* "$1"..?*; do
        if [ -L "$file" ]; then
            failed "$file: a link"
        elif [ -d "$file" ]; then
            visit "$file/"
        elif [ -f "$file" ]; then
            files="$files$file$newline"
            case $file in
            "$script" | transcript.jsonl | head.txt | MANIFEST | verify.sh) ;;
            signatures/*/*) failed "$file: the transcript does not know this file" ;;
            signatures/?*.p7s | signatures/?*.sig) ;;
            *) case $artefacts in
                *"$newline$file "*) ;;
                *) failed "$file: the transcript does not know this file" ;;
                esac ;;
            esac
        elif [ -e "$file" ]; then
            failed "$file: not a regular file"
        fi
    done
}
visit ''

same_file()
{
    [ -f "$1" ] && [ ! -L "$1" ] && [ "$(digest <"$1")" = "$2" ] || failed "$1: not the file that was recorded"
}
same_file "$script" "$script_sha256"
if [ -f MANIFEST ]; then
    printf '%s' "$files" | sort | while IFS= read -r file; do
        [ "$file" = MANIFEST ] || sha256sum "$file"
    done >"$work/manifest"
    cmp -s "$work/manifest" MANIFEST || failed "manifest: does not list exactly the files that are there"
fi

# --- what the files are --------------------------------------------------------------------------------------------
spki_of()
{
    openssl pkey -pubin -outform DER 2>/dev/null | digest
}

: >"$work/all" >"$work/roots"
each_artefact() # calls "$1" with $name $type $size $sha256 $lint $label
{
    printf '%s' "$artefacts" >"$work/list"
    while IFS=' ' read -r name type size sha256 lint label; do
        [ -z "$name" ] || "$1"
    done <"$work/list"
}

check_key()
{
    case $keys in
    *"$newline$label="*)
        [ -z "$label" ] || case $keys in
            *"$newline$label=$1$newline"*) ;;
            *) failed "$name: its public key is not that of the key \"$label\"" ;;
        esac ;;
    esac
}

collect()
{
    same_file "$name" "$sha256"
    [ ! -f "$name" ] || [ "$(wc -c <"$name")" -eq "$size" ] || failed "$name: another size than recorded"
    [ "$type" = certificate ] && [ -f "$name" ] || return 0
    if ! openssl x509 -in "$name" -out "$work/one" 2>/dev/null; then
        failed "$name: not a certificate"
        return 0
    fi
    cat "$work/one" >>"$work/all"
    openssl verify -no-CApath -no-CAstore -no_check_time -check_ss_sig -CAfile "$work/one" "$work/one" >/dev/null 2>&1 &&
        cat "$work/one" >>"$work/roots"
    check_key "$(openssl x509 -in "$name" -noout -pubkey | spki_of)"
    [ "$lint" = yes ] || [ "$linted" = ' ' ] || failed "$name: no lint of it is recorded before it was signed"
}

judge()
{
    [ -f "$name" ] || return 0
    case $type in
    certificate)
        begins=$(openssl x509 -in "$name" -noout -startdate 2>/dev/null) || return 0
        openssl verify -no-CApath -no-CAstore -x509_strict -check_ss_sig -attime "$(date -d "${begins#*=}" +%s)" \
            -CAfile "$work/roots" -untrusted "$work/all" "$name" >/dev/null 2>&1 ||
            failed "$name: its chain does not verify at the time at which it begins" ;;
    request)
        case $(openssl req -in "$name" -noout -verify 2>&1) in *"verify OK"*) ;; *) failed "$name: its signature" ;; esac
        check_key "$(openssl req -in "$name" -noout -pubkey 2>/dev/null | spki_of)" ;;
    crl)
        case $(openssl crl -in "$name" -noout -CAfile "$work/all" -no-CApath -no-CAstore 2>&1) in
        *"verify OK"*) ;;
        *) failed "$name: not signed by a CA whose certificate is here" ;;
        esac ;;
    public-key)
        openssl pkey -pubin -in "$name" -noout 2>/dev/null || failed "$name: not a public key"
        check_key "$(openssl pkey -pubin -in "$name" 2>/dev/null | spki_of)" ;;
    esac
}
[ "$linted" != ' ' ] || echo "----  lints: the transcript records none"
each_artefact collect
each_artefact judge

# --- what keys have signed -----------------------------------------------------------------------------------------
printf 'p11cert-ceremony-proof-1\nmode %s\nscript %s\n' "$header_mode" "$script_sha256" >"$work/heading"

judge_proof()
{
    for file in "$challenge" "$signature" "$public_key"; do
        case $artefacts in *"$newline$file "*) ;; *) failed "$file: it is not recorded as an artefact"; return ;; esac
        [ -f "$file" ] || return 0
    done
    [ "$(openssl pkey -pubin -in "$public_key" 2>/dev/null | spki_of)" = "$spki" ] ||
        failed "$public_key: not the public key that the record states"
    head -n 3 "$challenge" | cmp -s - "$work/heading" || failed "$challenge: not a challenge of this ceremony"
    case $(openssl pkey -pubin -in "$public_key" -noout -text 2>/dev/null) in
    ED*) openssl pkeyutl -verify -rawin -pubin -inkey "$public_key" -in "$challenge" -sigfile "$signature" ;;
    *) openssl dgst -sha256 -verify "$public_key" -signature "$signature" "$challenge" ;;
    esac >/dev/null 2>&1 || failed "$signature: not a signature of that key on the challenge"
}
printf '%s' "$proofs" >"$work/proofs"
while IFS=' ' read -r challenge signature public_key spki; do
    judge_proof
done <"$work/proofs"
for each in $proving; do
    case $proved in
    *" $each "*) ;;
    *) printf '%s\n' "----  proofs: step $each kept neither challenge nor signature" ;;
    esac
done

# --- who signed ----------------------------------------------------------------------------------------------------
printf 'p11cert-ceremony-head-1\nmode %s\nlines %s\nsha256 %s\n' "$header_mode" "$count" "$head" >"$work/head"
[ ! -e head.txt ] || cmp -s "$work/head" head.txt || failed "head.txt: it is not the head of this transcript"
signed=' '
for file in signatures/*.p7s signatures/*.sig; do
    [ -f "$file" ] || continue
    identity=''
    case $file in
    *.p7s)
        if openssl cms -verify -binary -inform DER -in "$file" -content "$work/head" -noverify -signer "$work/signer" \
            -out /dev/null 2>/dev/null; then
            identity=spki-sha256:$(openssl x509 -in "$work/signer" -noout -pubkey | spki_of)
        fi ;;
    *)
        command -v ssh-keygen >/dev/null || { failed "$file: not checked, ssh-keygen is not here"; continue; }
        said=$(ssh-keygen -Y check-novalidate -n p11cert-ceremony -s "$file" <"$work/head" 2>/dev/null) &&
            identity=${said##* } ;;
    esac
    if [ -z "$identity" ]; then
        failed "$file: it does not fit the head"
        continue
    fi
    signed="$signed$identity "
    case "$persons $wanted " in
    *" $identity "*) printf 'pass  %s: signed by %s\n' "$file" "$identity" ;;
    *) case $keys in
        *"=${identity#spki-sha256:}$newline"*) printf 'pass  %s: signed by a key of the ceremony\n' "$file" ;;
        *) failed "$file: signed by $identity, which is nobody's in the transcript" ;;
        esac ;;
    esac
done
for each in $persons $wanted; do
    case $signed in *" $each "*) ;; *) failed "signatures: $each has not signed the head" ;; esac
done
[ "$signed" != ' ' ] || [ "$header_mode" != PRODUCTION ] || failed "signatures: nobody has signed the head"

printf 'lines %s\nhead  %s\n' "$count" "$head"
if [ $failures = 0 ]; then
    echo "verified as $header_mode"
    exit 0
fi
echo "NOT VERIFIED: $failures failures"
exit 1
