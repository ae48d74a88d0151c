/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/soap/soap.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/kept_error.h"
#include "base/secret_auto.h"
#include "base/text.h"

#define MEDIA_TYPE "application/soap+xml; charset=utf-8"
#define UTILITY    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define PLAIN      "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"

#define LIFE_SEC 300 /* validity of a login in seconds; servers allow clocks to differ by as much */

/* RFC 4122 section 4.4. */
static const char *new_message_id(pc_arena *arena)
{
    unsigned char id[16];

    if (RAND_bytes(id, sizeof id) != 1) {
        ERR_clear_error();
        return NULL;
    }
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    const char *hex = pc_text_hex(arena, PC_BYTES_OF(id), '\0');

    return hex ? pc_arena_format(arena, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                                 hex + 20)
               : NULL;
}

/* The parts before and after the password; both "" without one. */
typedef struct {
    const char *before;
    const char *after;
} login_parts;

static pc_status write_login(const pc_ca_access *access, pc_arena *arena, login_parts *ret_parts, pc_error *err)
{
    int64_t now_sec = (int64_t)time(NULL);
    char created[PC_TIME_TEXT];
    char expires[PC_TIME_TEXT];

    *ret_parts = (login_parts){ .before = "", .after = "" };
    if (access->login != PC_CA_LOGIN_WSSE) {
        return PC_OK;
    }
    const char *user = pc_xml_quote(arena, access->user);

    if (!user || !pc_text_time(now_sec, created) || !pc_text_time(now_sec + LIFE_SEC, expires)) {
        return pc_fail_memory(err);
    }
    ret_parts->before =
        pc_arena_format(arena,
                        "<o:Security s:mustUnderstand=\"1\" xmlns:o=\"" PC_SOAP_SECURITY "\" xmlns:u=\"" UTILITY "\">"
                        "<u:Timestamp u:Id=\"_0\"><u:Created>%s</u:Created><u:Expires>%s</u:Expires></u:Timestamp>"
                        "<o:UsernameToken u:Id=\"_1\"><o:Username>%s</o:Username><o:Password Type=\"" PLAIN "\">",
                        created, expires, user);
    ret_parts->after = "</o:Password></o:UsernameToken></o:Security>";
    return ret_parts->before ? PC_OK : pc_fail_memory(err);
}

static void append(pc_secret *text, const char *piece, size_t len)
{
    size_t used = pc_secret_len(text);

    pc_secret_set_len(text, used + len);
    memcpy(pc_secret_bytes(text) + used, piece, len);
}

/* As pc_xml_quote, in memory that is wiped. */
static void append_quoted(pc_secret *text, pc_secret *password)
{
    for (size_t i = 0; i < pc_secret_len(password); i++) {
        const char character = (const char)pc_secret_bytes(password)[i];
        const char *word = character == '&' ? "&amp;" : character == '<' ? "&lt;" : character == '>' ? "&gt;" : NULL;

        append(text, word ? word : &character, word ? strlen(word) : 1);
    }
}

/* The whole envelope, in memory that is wiped if a password is in it. */
/* A request with the identity under which it is sent. */
typedef struct {
    const pc_soap_request *request;
    const char *id;
} outgoing;

static pc_status write_envelope(const pc_ca_connection *connection, pc_arena *arena, outgoing message,
                                pc_secret **ret_text, pc_error *err)
{
    const char *address = pc_xml_quote(arena, message.request->address);
    pc_secret *password = connection->access->login == PC_CA_LOGIN_WSSE ? connection->credentials->password : NULL;
    login_parts login;

    PC_TRY(write_login(connection->access, arena, &login, err));
    const char *head =
        pc_arena_format(arena,
                        "<s:Envelope xmlns:s=\"" PC_SOAP_ENVELOPE "\" xmlns:a=\"" PC_SOAP_ADDRESS "\"><s:Header>"
                        "<a:Action s:mustUnderstand=\"1\">%s</a:Action><a:MessageID>%s</a:MessageID>"
                        "<a:To s:mustUnderstand=\"1\">%s</a:To>%s",
                        message.request->action, message.id, address ? address : "", login.before);
    const char *tail =
        pc_arena_format(arena, "%s</s:Header><s:Body>%s</s:Body></s:Envelope>", login.after, message.request->body);

    if (!address || !head || !tail) {
        return pc_fail_memory(err);
    }
    size_t room = strlen(head) + strlen(tail) + 6 * (password ? pc_secret_len(password) : 0);

    if (room > PC_SECRET_MAX) {
        return pc_fail(err, PC_E_INPUT, "the request is too long for this protocol");
    }
    PC_TRY(pc_secret_new(room, ret_text, err));
    append(*ret_text, head, strlen(head));
    if (password) {
        append_quoted(*ret_text, password);
    }
    append(*ret_text, tail, strlen(tail));
    return PC_OK;
}

/* Answers of IIS before the service sees the request, and of gateways. */
static pc_status fail_without_soap(const pc_ca_connection *connection, const pc_wire_answer *answer, pc_error *err)
{
    if (answer->status == 200) {
        return pc_fail(err, PC_E_CA, "the server's answer is not a SOAP message");
    }
    pc_status status = pc_wire_refuse_status(connection->wire, answer, err);

    return answer->status == 413
               ? pc_hint(
                     err, status,
                     "IIS asks for the client certificate only after it has read the request, which is too long for "
                     "its buffer: the administrator can raise uploadReadAheadSize")
               : status;
}

/* SOAP 1.1 is text/xml; XML that is not SOAP comes from something in front of the service. */
static pc_status read_answer(const pc_ca_connection *connection, const pc_wire_answer *answer, const char *message_id,
                             pc_soap_answer *ret_answer, pc_error *err)
{
    bool is_soap = pc_text_starts(answer->content_type, "application/soap+xml");
    bool is_xml =
        pc_text_starts(answer->content_type, "text/xml") || pc_text_starts(answer->content_type, "application/xml");
    pc_error why = { .status = PC_OK };

    if (!is_soap && !is_xml) {
        return fail_without_soap(connection, answer, err);
    }
    pc_status status = pc_soap_read((pc_bytes){ answer->bytes, answer->len }, message_id, ret_answer, &why);

    if (status == PC_E_CA && is_xml && answer->status != 200) {
        return fail_without_soap(connection, answer, err);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    return status;
}

pc_status pc_soap_call(const pc_ca_connection *connection, pc_arena *arena, const pc_soap_request *request,
                       pc_soap_answer *ret_answer, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *text = NULL;
    const char *message_id = new_message_id(arena);
    pc_wire_answer answer;

    if (!message_id) {
        return pc_fail_memory(err);
    }
    PC_TRY(write_envelope(connection, arena, (outgoing){ request, message_id }, &text, err));
    const pc_wire_request posted = {
        .page = "",
        .body = { pc_secret_bytes(text), pc_secret_len(text) },
        .body_type = MEDIA_TYPE,
        .any_status = true,
        .of_iis = true,
    };

    PC_TRY(pc_wire_fetch(connection->wire, arena, &posted, &answer, err));
    return read_answer(connection, &answer, message_id, ret_answer, err);
}
