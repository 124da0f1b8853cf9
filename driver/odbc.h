// The ODBC headers, once, with the width of SQLWCHAR that unixODBC's driver manager uses.
#pragma once

// What the headers declare is what this library exports; everything else is hidden.
#pragma GCC visibility push(default)
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#pragma GCC visibility pop

static_assert(sizeof(SQLWCHAR) == 2, "Freshread needs unixODBC built with a 2-byte SQLWCHAR");
