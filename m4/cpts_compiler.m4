dnl SPDX-License-Identifier: Apache-2.0
dnl Compiler and linker flags of the house, each one only where it works.

dnl CPTS_ADD_FLAG(VARIABLE, FLAG, [FLAGS-VARIABLE = CFLAGS])
dnl Appends FLAG to VARIABLE when the compiler links a program with it.
AC_DEFUN([CPTS_ADD_FLAG], [
    AC_MSG_CHECKING([whether $CC takes $2])
    m4_pushdef([cpts_var], [m4_default([$3], [CFLAGS])])
    cpts_saved=$cpts_var
    cpts_var="$cpts_var -Werror $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
        [AC_MSG_RESULT([yes])
         $1="$$1 $2"],
        [AC_MSG_RESULT([no])])
    cpts_var=$cpts_saved
    m4_popdef([cpts_var])
])

dnl CPTS_COMPILER_FLAGS
dnl Sets CPTS_CFLAGS, CPTS_CPPFLAGS and CPTS_LDFLAGS. The caller's own CFLAGS
dnl stay the caller's: automake puts them last.
AC_DEFUN([CPTS_COMPILER_FLAGS], [
    CPTS_CFLAGS="-std=c11"
    for cpts_warning in -Wall -Wextra -Wshadow -Wconversion \
                        -Wstrict-prototypes -Wmissing-prototypes; do
        CPTS_CFLAGS="$CPTS_CFLAGS $cpts_warning"
    done
    AS_IF([test "$enable_werror" = yes],
        [CPTS_CFLAGS="$CPTS_CFLAGS -Werror"])
    CPTS_ADD_FLAG([CPTS_CFLAGS], [-fstack-protector-strong])

    dnl glibc warns about _FORTIFY_SOURCE without optimisation, sanitizers do
    dnl not like it, and a packager's own setting is left alone
    CPTS_CPPFLAGS=
    AS_CASE(["$CPPFLAGS $CFLAGS"],
        [*_FORTIFY_SOURCE* | *-fsanitize* | *-O0*], [],
        [*-O*], [CPTS_CPPFLAGS="-D_FORTIFY_SOURCE=2"])

    CPTS_LDFLAGS=
    CPTS_ADD_FLAG([CPTS_LDFLAGS], [-Wl,-z,relro], [LDFLAGS])
    CPTS_ADD_FLAG([CPTS_LDFLAGS], [-Wl,-z,now], [LDFLAGS])
    CPTS_ADD_FLAG([CPTS_LDFLAGS], [-Wl,--as-needed], [LDFLAGS])
    AC_SUBST([CPTS_CFLAGS])
    AC_SUBST([CPTS_CPPFLAGS])
    AC_SUBST([CPTS_LDFLAGS])
])
