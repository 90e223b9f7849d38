#ifndef MLS_H
#define MLS_H

/*
 * Messaging Layer Security (RFC 9420).
 *
 * Conventions of this header. Pointers are not NULL unless a description allows it.
 * Parameters stand in the order: context, outputs, inputs. Every function that can fail
 * returns enum mls_err, which must be looked at; on failure outputs are untouched and
 * the object is as it was, unless its description says otherwise. There is no hidden
 * state, no logging, no clock: randomness and time come in through the client.
 *
 * Errors that need no word below: NOMEM, CRYPTO and RANDOM; BUFFER_FULL and TOO_LONG of what
 * appends; STORAGE of what stores (mls_storage.h); REMOVED and REINITIALIZED of what sends,
 * receives or invites for a group that has ended.
 */

#include "mls_buffer.h"    /* bytes, borrowed and owned */
#include "mls_client.h"    /* a device: its policy, keys, key packages */
#include "mls_error.h"     /* what can go wrong */
#include "mls_extension.h" /* lists that an application writes and reads itself */
#include "mls_group.h"     /* a group as one of its members has it */
#include "mls_identity.h"  /* who somebody is */
#include "mls_registry.h"  /* numbers of cipher suites, credentials, extensions, proposals */
#endif
