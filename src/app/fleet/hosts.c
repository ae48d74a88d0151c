/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/hosts.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "app/fleet/list.h"
#include "base/host_name.h"
#include "base/text.h"

#define NAMES_MOST 200u

struct pc_batch_hosts {
    pc_batch_list *list; /* or */
    DIR *folder;
    char *path; /* of the folder, or of the templates' folder */
};

void pc_batch_hosts_free(pc_batch_hosts *hosts)
{
    if (!hosts) {
        return;
    }
    pc_batch_list_free(hosts->list);
    if (hosts->folder) {
        (void)closedir(hosts->folder);
    }
    free(hosts->path);
    free(hosts);
}

pc_status pc_batch_hosts_open(const char *path, const char *templates, pc_batch_hosts **ret_hosts, pc_error *err)
{
    PC_AUTO(pc_batch_hosts) pc_batch_hosts *hosts = calloc(1, sizeof *hosts);

    if (!hosts || !(hosts->path = strdup(templates))) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_batch_list_open(path, &hosts->list, err));
    *ret_hosts = PC_TAKE(hosts);
    return PC_OK;
}

pc_status pc_batch_hosts_open_folder(const char *folder, pc_batch_hosts **ret_hosts, pc_error *err)
{
    PC_AUTO(pc_batch_hosts) pc_batch_hosts *hosts = calloc(1, sizeof *hosts);

    if (!hosts || !(hosts->path = strdup(folder))) {
        return pc_fail_memory(err);
    }
    hosts->folder = opendir(folder);
    if (!hosts->folder) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno, "cannot open the folder \"%s\"",
                             folder);
    }
    *ret_hosts = PC_TAKE(hosts);
    return PC_OK;
}

static const char *lower(pc_arena *arena, const char *text)
{
    char *copy = pc_arena_string(arena, text);

    for (char *letter = copy; letter && *letter; letter++) {
        *letter = pc_to_lower(*letter);
    }
    return copy;
}

/** The further names of a host: room for all that a row may have. */
typedef struct {
    pc_alt_name_flag *items;
    size_t count;
} name_list;

static pc_status take_names(const char *text, pc_alt_name_kind kind, pc_arena *arena, name_list *names, pc_error *err)
{
    static const char separators[] = " \t;";

    for (const char *rest = text; rest && *rest;) {
        size_t len = strcspn(rest, separators);

        if (len && names->count == NAMES_MOST) {
            return pc_fail(err, PC_E_INPUT, "more than %u additional names", NAMES_MOST);
        }
        if (len) {
            const char *name = pc_arena_text(arena, rest, len);

            if (!name) {
                return pc_fail_memory(err);
            }
            names->items[names->count++] = (pc_alt_name_flag){ .kind = kind, .text = name };
        }
        rest += len;
        rest += strspn(rest, separators);
    }
    return PC_OK;
}

/* The name of a file in the templates' folder; it cannot lead out of that folder. */
static pc_status take_template(const pc_batch_hosts *hosts, const char *name, pc_arena *arena, pc_batch_host *host,
                               pc_error *err)
{
    if (!name) {
        return PC_OK;
    }
    if (strchr(name, '/') || name[0] == '.') {
        return pc_fail(err, PC_E_INPUT,
                       "the template \"%s\" is not the plain name of a file in the folder of the given template", name);
    }
    host->inf = pc_arena_format(arena, "%s/%s", hosts->path, name);
    return host->inf ? PC_OK : pc_fail_memory(err);
}

static pc_status take_host(const pc_batch_hosts *hosts, const pc_batch_fields *fields, pc_arena *arena,
                           pc_batch_host *host, pc_error *err)
{
    const char *fqdn = fields->values[PC_COLUMN_FQDN];
    name_list names = { .items = pc_arena_alloc(arena, NAMES_MOST * sizeof *names.items) };

    host->name = fqdn ? fqdn : "";
    if (!names.items) {
        return pc_fail_memory(err);
    }
    if (!fqdn) {
        return pc_fail(err, PC_E_INPUT, "it names no host: the fqdn is empty");
    }
    if (!pc_is_host_name(fqdn, PC_HOST_NAME_STRICT)) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" is not a host name (letters, digits, '-' and '.'; RFC 1123)", fqdn);
        return pc_hint(err, PC_E_INPUT,
                       "write a name in another script in its ASCII form, xn--…; put a wildcard into dns");
    }
    host->label = fields->values[PC_COLUMN_LABEL];
    host->fqdn = lower(arena, fqdn);
    if (!host->fqdn) {
        return pc_fail_memory(err);
    }
    host->name = host->fqdn;
    PC_TRY(take_names(fields->values[PC_COLUMN_DNS], PC_ALT_DNS, arena, &names, err));
    PC_TRY(take_names(fields->values[PC_COLUMN_IP], PC_ALT_IP, arena, &names, err));
    host->names = names.items;
    host->name_count = names.count;
    return take_template(hosts, fields->values[PC_COLUMN_TEMPLATE], arena, host, err);
}

static bool is_inf(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && name[0] != '.' && pc_text_equal(name + len - 4, ".inf");
}

static pc_status next_in_folder(pc_batch_hosts *hosts, pc_arena *arena, pc_batch_host *host, pc_batch_row *ret_row,
                                pc_error *err)
{
    const struct dirent *entry = NULL;

    do {
        errno = 0;
        entry = readdir(hosts->folder);
    } while (entry && !is_inf(entry->d_name));
    if (!entry && errno) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read the folder \"%s\"", hosts->path);
    }
    *ret_row = entry ? PC_BATCH_ROW_HOST : PC_BATCH_ROW_END;
    if (entry) {
        host->name = pc_arena_text(arena, entry->d_name, strlen(entry->d_name) - 4);
        host->inf = pc_arena_format(arena, "%s/%s", hosts->path, entry->d_name);
        return host->name && host->inf ? PC_OK : pc_fail_memory(err);
    }
    return PC_OK;
}

pc_status pc_batch_hosts_next(pc_batch_hosts *hosts, pc_arena *arena, pc_batch_host *ret_host, pc_batch_row *ret_row,
                              pc_error *err)
{
    pc_batch_fields fields;

    *ret_host = (pc_batch_host){ .name = "" };
    if (hosts->folder) {
        return next_in_folder(hosts, arena, ret_host, ret_row, err);
    }
    PC_TRY(pc_batch_list_next(hosts->list, arena, &fields, ret_row, err));
    ret_host->line = fields.line;
    if (*ret_row == PC_BATCH_ROW_HOST) {
        pc_status status = take_host(hosts, &fields, arena, ret_host, err);

        *ret_row = status == PC_OK ? PC_BATCH_ROW_HOST : PC_BATCH_ROW_BAD;
        return status == PC_E_MEMORY ? status : PC_OK;
    }
    return PC_OK;
}
