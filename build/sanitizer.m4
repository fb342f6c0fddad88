# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_SANITIZER: --enable-sanitizer=address,undefined|thread; sets SANITIZER and SANITIZER_FLAGS, which
# compiling and linking both need. A report ends the program, so that no test passes over it.
AC_DEFUN([WEBSOCKET_SANITIZER], [
  AC_ARG_ENABLE([sanitizer],
    [AS_HELP_STRING([--enable-sanitizer=LIST], [address, undefined, both (address,undefined) or thread])],
    [], [enable_sanitizer=no])
  SANITIZER=
  SANITIZER_FLAGS=
  AS_CASE([$enable_sanitizer],
    [no], [],
    [yes], [SANITIZER=address,undefined],
    [address | undefined | address,undefined | undefined,address | thread], [SANITIZER=$enable_sanitizer],
    [AC_MSG_ERROR([--enable-sanitizer takes address, undefined, address,undefined or thread, not '$enable_sanitizer'])])
  AS_IF([test -n "$SANITIZER"], [
    SANITIZER_FLAGS="-fsanitize=$SANITIZER -fno-sanitize-recover=all -fno-omit-frame-pointer"
    AC_MSG_CHECKING([whether $CXX links with -fsanitize=$SANITIZER])
    websocket_save_CXXFLAGS=$CXXFLAGS
    CXXFLAGS="$CXXFLAGS $SANITIZER_FLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([$CXX has no -fsanitize=$SANITIZER (Debian: apt-get install g++, or libclang-rt-dev for clang)])])
    CXXFLAGS=$websocket_save_CXXFLAGS])
  AC_SUBST([SANITIZER])
  AC_SUBST([SANITIZER_FLAGS])
])

# WEBSOCKET_FUZZERS: --enable-fuzzers; with clang the fuzzers are libFuzzer programs, with another compiler they
# replay a corpus. Sets FUZZER_FLAGS and the conditionals FUZZERS and LIBFUZZER.
AC_DEFUN([WEBSOCKET_FUZZERS], [
  AC_ARG_ENABLE([fuzzers],
    [AS_HELP_STRING([--enable-fuzzers], [build test/fuzz with libFuzzer (clang++)])], [], [enable_fuzzers=no])
  FUZZER_FLAGS=
  websocket_libfuzzer=no
  AS_IF([test "x$enable_fuzzers" = xyes], [
    AC_MSG_CHECKING([whether $CXX has libFuzzer])
    websocket_save_CXXFLAGS=$CXXFLAGS
    CXXFLAGS="$CXXFLAGS -fsanitize=fuzzer"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[
      #include <cstddef>
      extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, std::size_t) { return 0; }
    ]])], [websocket_libfuzzer=yes])
    CXXFLAGS=$websocket_save_CXXFLAGS
    AC_MSG_RESULT([$websocket_libfuzzer])
    AS_IF([test "x$websocket_libfuzzer" = xno],
      [AC_MSG_ERROR([--enable-fuzzers needs libFuzzer: configure with CXX=clang++ (Debian: apt-get install clang)])])
    FUZZER_FLAGS=-fsanitize=fuzzer-no-link])
  AC_SUBST([FUZZER_FLAGS])
  AM_CONDITIONAL([LIBFUZZER], [test "x$websocket_libfuzzer" = xyes])
])
