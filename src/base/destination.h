/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_DESTINATION_H
#define PC_BASE_DESTINATION_H

#include "base/cleanup.h"
#include "base/result.h"

typedef enum {
    PC_DESTINATION_FILE,       /**< a regular file, or nothing yet: written under a temporary name and moved there */
    PC_DESTINATION_STREAM,     /**< a device or a pipe: opened and written to, never replaced */
    PC_DESTINATION_DESCRIPTOR, /**< an open descriptor, such as /dev/fd/63 or /dev/stdout */
} pc_destination_kind;

/** Where the path of an output leads. One rule for every output: a symbolic link stands for the file that it names. */
typedef struct {
    pc_destination_kind kind;
    char *path;     /**< with links in its last part followed; owned */
    int descriptor; /**< of PC_DESTINATION_DESCRIPTOR */
    bool exists;
} pc_destination;

/**
 * Resolve a path to the object that is to be written.
 *
 * @return PC_OK; PC_E_IO for a directory, a block device (writing would destroy what is on it), a link that leads to
 *         nothing or that the kernel does not allow to be followed (proc(5), protected_symlinks); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_destination_of(const char *path, pc_destination *ret_destination, pc_error *err);

void pc_destination_clear(pc_destination *destination);

PC_AUTO_DEFINE_VALUE(pc_destination, pc_destination, pc_destination_clear);

/**
 * Open a stream or a descriptor for writing; the caller closes it. A pipe gets a few seconds to find its reader.
 * @return PC_OK; PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_destination_open(const pc_destination *destination, int *ret_fd, pc_error *err);

#endif
