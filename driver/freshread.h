/* Freshread's own attributes of a connection, for programs that prefer SQLSetConnectAttr and
 * SQLGetConnectAttr to statements (SET freshread.NAME, SHOW freshread.NAME).
 *
 * A driver manager does not know them, so it converts nothing: which characters a value has goes by the
 * attribute, not by the function. Those that end in _W take and give SQLWCHAR, the others bytes in UTF-8.
 * Either function, ANSI or wide, will do for either. Lengths are in bytes, or SQL_NTS.
 *
 *     #include <freshread.h>
 *     SQLSetConnectAttr(connection, FRESHREAD_ATTR_USER, (SQLPOINTER) "alice", SQL_NTS);
 *
 * A null pointer for a value takes back what was set. A value that is not accepted is refused with HY024, one
 * that cannot be set with HY092; nothing has changed then.
 */
#ifndef FRESHREAD_H
#define FRESHREAD_H

/* Who the connection is for. A comment in a statement and SET freshread.user are stronger, the connection
 * string is weaker. Gives who it is for now. */
#define FRESHREAD_ATTR_USER 0x4F50
#define FRESHREAD_ATTR_USER_W 0x4F58

/* The policy, as SET freshread.policy. */
#define FRESHREAD_ATTR_POLICY 0x4F51
#define FRESHREAD_ATTR_POLICY_W 0x4F59

/* Which node served the last execution, and why, as Explain=yes says it; empty when there was none. Cannot be
 * set. */
#define FRESHREAD_ATTR_LAST_ROUTE 0x4F52
#define FRESHREAD_ATTR_LAST_ROUTE_W 0x4F5A

/* A commit token, as SET freshread.token and SHOW freshread.token. Only while the connection is open; one
 * that is refused is so with 22023. Getting one is a round trip to the leader. */
#define FRESHREAD_ATTR_TOKEN 0x4F53
#define FRESHREAD_ATTR_TOKEN_W 0x4F5B

#endif
