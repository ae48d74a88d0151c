/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_CLEANUP_H
#define PC_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>

#include <p11cert/error.h>

/*
 * Scope cleanup, the only GNU extension we require. An owned local variable is declared where it is first used, with
 * its destructor: `PC_AUTO(pc_secret) pc_secret *pin = NULL;`; so is a value that owns something: `PC_AUTO(pc_pfx)
 * pc_pfx pfx = { .key = NULL };`. Leaving the scope in any way destroys it. On success, PC_TAKE moves a pointer out; a
 * value is copied out, and the local variable is set so that it owns nothing.
 */
#define PC_AUTO(name) __attribute__((cleanup(pc_auto_##name)))

/* Defines PC_AUTO(name) for pointers to `type`, with a destructor that takes the pointer and accepts NULL. */
#define PC_AUTO_DEFINE(name, type, destroy) \
    static inline void pc_auto_##name(type **slot) \
    { \
        if (*slot) { \
            destroy(*slot); \
            *slot = NULL; \
        } \
    } \
    struct pc_auto_semicolon_##name

/* Defines PC_AUTO(name) for values of `type`, by a function that takes their address and leaves them empty. */
#define PC_AUTO_DEFINE_VALUE(name, type, clear) \
    static inline void pc_auto_##name(type *slot) \
    { \
        clear(slot); \
    } \
    struct pc_auto_semicolon_##name

/* Move a pointer out of its slot, which then owns nothing. */
#define PC_TAKE(slot) \
    __extension__({ \
        __typeof__(slot) pc_taken_ = (slot); \
        (slot) = NULL; \
        pc_taken_; \
    })

/* Return early with the status of a failed call. The only macro that may return. */
#define PC_TRY(call) \
    do { \
        pc_status pc_status_ = (call); \
        if (pc_status_ != PC_OK) { \
            return pc_status_; \
        } \
    } while (0)

#define PC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void pc_auto_free(void *slot)
{
    free(*(void **)slot);
}

PC_AUTO_DEFINE(file, FILE, (void)fclose);

#endif
