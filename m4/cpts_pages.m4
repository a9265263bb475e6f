# SPDX-License-Identifier: Apache-2.0
# CPTS_PAGES: sets have_pages to yes, or to what is in the way of the pages.
AC_DEFUN([CPTS_PAGES], [
AS_IF([test "$with_pages" = no], [have_pages="no (--without-pages)"],
    [test -z "$NODE" || test -z "$NPM"],
    [have_pages="no (nodejs and npm were not found)"],
    [$NODE -e 'const v = process.versions.node.split(".");
        process.exit(v@<:@0@:>@ * 1000 + +v@<:@1@:>@ < 18019 ? 1 : 0)'],
    [have_pages=yes],
    [have_pages="no (node is older than 18.19)"])
AS_IF([test "$with_pages" = yes && test "$have_pages" != yes],
    [AC_MSG_ERROR([pages: $have_pages])])
])
