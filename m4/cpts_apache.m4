dnl SPDX-License-Identifier: Apache-2.0
dnl Paths of the installed httpd and flags of the APR that it was built with.

dnl CPTS_AS_SYSTEM(VARIABLE, FLAGS)
dnl Keeps the include folders of FLAGS and turns them into -isystem ones, so
dnl that the project's warnings do not fire in other people's headers.
dnl /usr/include is left out: it is searched anyway.
AC_DEFUN([CPTS_AS_SYSTEM], [
    $1=
    for cpts_flag in $2; do
        AS_CASE([$cpts_flag],
            [-I/usr/include], [],
            [-I*], [cpts_dir=`AS_ECHO(["$cpts_flag"]) | sed 's/^-I//'`
                    $1="$$1 -isystem $cpts_dir"])
    done
])

dnl CPTS_APACHE
dnl Sets HTTPD, HTTPD_VERSION, STOCK_MODULEDIR (where the stock modules are),
dnl APACHE_MODULEDIR (where ours is installed) and HTTPD_CPPFLAGS.
AC_DEFUN([CPTS_APACHE], [
    AC_ARG_WITH([apxs],
        [AS_HELP_STRING([--with-apxs=PATH], [apxs of the httpd to build for])],
        [APXS=$withval], [APXS=])
    AS_IF([test -z "$APXS" || test "$APXS" = yes],
        [AC_PATH_PROGS([APXS], [apxs apxs2], [],
                       [$PATH:/usr/sbin:/usr/local/apache2/bin])])
    AS_IF([test -z "$APXS"],
        [AC_MSG_ERROR([apxs not found: install apache2-dev (Debian) or
httpd-devel, or say --with-apxs=PATH])])
    AC_SUBST([APXS])

    AC_MSG_CHECKING([for httpd])
    HTTPD="`$APXS -q SBINDIR`/`$APXS -q progname`"
    HTTPD_VERSION=`$APXS -q HTTPD_VERSION`
    STOCK_MODULEDIR=`$APXS -q LIBEXECDIR`
    CPTS_AS_SYSTEM([HTTPD_CPPFLAGS], [-I`$APXS -q INCLUDEDIR`])
    AC_MSG_RESULT([$HTTPD $HTTPD_VERSION])
    AS_CASE([$HTTPD_VERSION], [2.4.*], [],
        [AC_MSG_ERROR([httpd 2.4 is needed])])
    AC_SUBST([HTTPD])
    AC_SUBST([HTTPD_VERSION])
    AC_SUBST([STOCK_MODULEDIR])
    AC_SUBST([HTTPD_CPPFLAGS])

    AC_ARG_WITH([apache-moduledir],
        [AS_HELP_STRING([--with-apache-moduledir=DIR],
            [install mod_cpts.so there (default: where apxs says)])],
        [APACHE_MODULEDIR=$withval], [APACHE_MODULEDIR=$STOCK_MODULEDIR])
    AC_SUBST([APACHE_MODULEDIR])
])

dnl CPTS_APR
dnl Sets APR_CPPFLAGS (the -D's APR needs, its headers as system ones) and
dnl APR_LIBS, for the programs; the module gets APR from httpd itself.
AC_DEFUN([CPTS_APR], [
    AC_ARG_WITH([apr],
        [AS_HELP_STRING([--with-apr=PATH], [apr-1-config to use])],
        [APR_CONFIG=$withval], [APR_CONFIG=`$APXS -q APR_CONFIG`])
    AC_ARG_WITH([apr-util],
        [AS_HELP_STRING([--with-apr-util=PATH], [apu-1-config to use])],
        [APU_CONFIG=$withval], [APU_CONFIG=`$APXS -q APU_CONFIG`])
    AC_MSG_CHECKING([for APR])
    AS_IF([test -x "$APR_CONFIG" && test -x "$APU_CONFIG"], [],
        [AC_MSG_ERROR([apr-1-config or apu-1-config not found])])
    CPTS_AS_SYSTEM([cpts_apr_includes],
        [`$APR_CONFIG --includes` `$APU_CONFIG --includes`])
    APR_CPPFLAGS="`$APR_CONFIG --cppflags` $cpts_apr_includes"
    APR_LIBS="`$APU_CONFIG --link-ld` `$APR_CONFIG --link-ld`"
    AC_MSG_RESULT([`$APR_CONFIG --version`, apr-util `$APU_CONFIG --version`])
    AC_SUBST([APR_CPPFLAGS])
    AC_SUBST([APR_LIBS])
])

dnl CPTS_LIBCSV
dnl libcsv has no pkg-config file. Sets CSV_LIBS.
AC_DEFUN([CPTS_LIBCSV], [
    AC_CHECK_HEADER([csv.h], [],
        [AC_MSG_ERROR([csv.h not found: install libcsv-dev])])
    AC_CHECK_LIB([csv], [csv_init], [CSV_LIBS=-lcsv],
        [AC_MSG_ERROR([libcsv not found: install libcsv-dev])])
    AC_SUBST([CSV_LIBS])
])
