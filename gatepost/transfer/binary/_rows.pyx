# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows to COPY's binary format, with the fingerprint that `expression.fingerprint` has the server compute.

This is what `encode.py` and the fast casts do, for plain values, in one pass over a batch: each value is looked at
once, written once and hashed once. Whatever is not plain is left alone, and `encoder.py` takes the rules of the casts
to it. The hash is PostgreSQL's: Bob Jenkins' lookup3 (src/common/hashfn.c).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.object cimport PyObject
from cpython.sequence cimport PySequence_Fast_ITEMS
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_GET_LENGTH
from libc.stdint cimport INT16_MAX, INT16_MIN, INT32_MAX, INT32_MIN, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memchr, memcmp, memcpy

cdef enum:
    # What a document may have, in its objects, its depth and its numbers, before it is left to Python.
    KEYS = 32
    DEPTH = 32
    DIGITS = 300


cdef struct Buffer:
    unsigned char* data
    size_t size
    size_t room


cdef int reserve(Buffer* into, size_t more) except -1:
    cdef size_t wanted = into.size + more
    cdef unsigned char* data
    if wanted > into.room:
        wanted += wanted // 2
        data = <unsigned char*>realloc(into.data, wanted)
        if data == NULL:
            raise MemoryError
        into.data = data
        into.room = wanted
    return 0


cdef int put(Buffer* into, const void* data, size_t size) except -1:
    reserve(into, size)
    memcpy(into.data + into.size, data, size)
    into.size += size
    return 0


cdef int put_number(Buffer* into, uint64_t number, int size) except -1:
    """Write the lowest bytes of a number, the highest of them first."""
    cdef int place
    reserve(into, size)
    for place in range(size):
        into.data[into.size + place] = <uint8_t>(number >> (8 * (size - 1 - place)))
    into.size += size
    return 0


# PostgreSQL's hash functions, with the seed 0

cdef inline uint32_t turned(uint32_t word, int bits) noexcept nogil:
    return (word << bits) | (word >> (32 - bits))


cdef inline uint64_t finished(uint32_t a, uint32_t b, uint32_t c) noexcept nogil:
    c ^= b; c -= turned(b, 14)
    a ^= c; a -= turned(c, 11)
    b ^= a; b -= turned(a, 25)
    c ^= b; c -= turned(b, 16)
    a ^= c; a -= turned(c, 4)
    b ^= a; b -= turned(a, 14)
    c ^= b; c -= turned(b, 24)
    return (<uint64_t>b << 32) | c


cdef uint64_t hash_of_octets(const unsigned char* data, size_t size) noexcept nogil:
    """Hash text, uuid and float8."""
    cdef uint32_t a = <uint32_t>(0x9E3779B9u + 3923095u + <uint32_t>size)
    cdef uint32_t b = a, c = a
    cdef uint32_t words[3]
    cdef unsigned char tail[12]
    while size >= 12:
        memcpy(words, data, 12)
        a += words[0]; b += words[1]; c += words[2]
        a -= c; a ^= turned(c, 4); c += b
        b -= a; b ^= turned(a, 6); a += c
        c -= b; c ^= turned(b, 8); b += a
        a -= c; a ^= turned(c, 16); c += b
        b -= a; b ^= turned(a, 19); a += c
        c -= b; c ^= turned(b, 4); b += a
        data += 12
        size -= 12
    words[0] = words[1] = words[2] = 0
    memcpy(words, data, size)
    # The lowest byte of the third word is the length's.
    return finished(a + words[0], b + words[1], c + (words[2] << 8))


cdef inline uint64_t hash_of_word(uint32_t word) noexcept nogil:
    """Hash int2, int4, bool and date."""
    cdef uint32_t begin = <uint32_t>(0x9E3779B9u + 3923095u + 4u)
    return finished(begin + word, begin, begin)


cdef inline uint64_t hash_of_long(int64_t number) noexcept nogil:
    """Hash int8, time and both kinds of moments; small ones hash as int4 does."""
    cdef uint32_t low = <uint32_t>number, high = <uint32_t>(<uint64_t>number >> 32)
    return hash_of_word(low ^ (high if number >= 0 else ~high))


# Plain values; each returns 1, or 0 for a value that is to be left to the rules of the casts

cdef int put_integer(Buffer* into, object value, int kind, uint64_t* hashed) except -1:
    cdef int overflow = 0
    cdef int64_t number
    if type(value) is not int:
        return 0
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow:
        return 0
    if kind == c"q":
        put_number(into, 8, 4)
        put_number(into, <uint64_t>number, 8)
        hashed[0] = hash_of_long(number)
        return 1
    if kind == c"i" and INT32_MIN <= number <= INT32_MAX:
        put_number(into, 4, 4)
        put_number(into, <uint64_t>number, 4)
    elif kind == c"h" and INT16_MIN <= number <= INT16_MAX:
        put_number(into, 2, 4)
        put_number(into, <uint64_t>number, 2)
    elif kind == c"b" and 0 <= number <= 1:
        put_number(into, 1, 4)
        put_number(into, <uint64_t>number, 1)
    else:
        return 0
    hashed[0] = hash_of_word(<uint32_t>number)
    return 1


cdef int put_float(Buffer* into, object value, uint64_t* hashed) except -1:
    cdef double number
    cdef uint64_t bits
    if type(value) is not float:
        return 0
    number = PyFloat_AS_DOUBLE(value)
    memcpy(&bits, &number, 8)
    put_number(into, 8, 4)
    put_number(into, bits, 8)
    # Both zeros are one value.
    hashed[0] = 0 if number == 0 else hash_of_octets(<unsigned char*>&number, 8)
    return 1


cdef int put_text(Buffer* into, object value, Py_ssize_t limit, uint64_t* hashed) except -1:
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    if data == NULL or (0 <= limit < PyUnicode_GET_LENGTH(value)) or memchr(data, 0, size) != NULL:
        return 0
    put_number(into, <uint64_t>size, 4)
    put(into, data, size)
    hashed[0] = hash_of_octets(<const unsigned char*>data, size)
    return 1


cdef const char* utf8(object value, Py_ssize_t* size) except? NULL:
    """Return the bytes of a text; NULL for what is no text, or holds half of a surrogate pair."""
    if type(value) is not str:
        return NULL
    try:
        return PyUnicode_AsUTF8AndSize(value, size)
    except UnicodeEncodeError:
        return NULL


cdef int put_uuid(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take the form with hyphens."""
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef unsigned char found[16]
    cdef int place, high, low, at = 0
    if data == NULL or size != 36:
        return 0
    for place in range(16):
        if at in (8, 13, 18, 23):
            if data[at] != c"-":
                return 0
            at += 1
        high, low = nibble(data[at]), nibble(data[at + 1])
        if high < 0 or low < 0:
            return 0
        found[place] = <unsigned char>(high * 16 + low)
        at += 2
    put_number(into, 16, 4)
    put(into, found, 16)
    hashed[0] = hash_of_octets(found, 16)
    return 1


cdef inline int nibble(char sign) noexcept nogil:
    if c"0" <= sign <= c"9":
        return sign - c"0"
    if c"a" <= sign <= c"f":
        return sign - c"a" + 10
    if c"A" <= sign <= c"F":
        return sign - c"A" + 10
    return -1


cdef int put_moment(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take `YYYY-MM-DD HH:MM:SS` with up to six digits more, a `T` for the blank, and UTC if it is told."""
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef int hour, minute, second, part
    cdef int64_t days, micros
    if data == NULL or size < 19 or not day_of(data, &days):
        return 0
    if data[10] not in (c" ", c"T") or data[13] != c":" or data[16] != c":":
        return 0
    hour, minute, second = digits(data + 11, 2), digits(data + 14, 2), digits(data + 17, 2)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return 0
    part = fraction(data + 19, size - 19)
    if part < 0:
        return 0
    micros = (days * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + part
    put_number(into, 8, 4)
    put_number(into, <uint64_t>micros, 8)
    hashed[0] = hash_of_long(micros)
    return 1


cdef int put_date(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take `YYYY-MM-DD`."""
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef int64_t days
    if data == NULL or size != 10 or not day_of(data, &days):
        return 0
    put_number(into, 4, 4)
    put_number(into, <uint64_t>days, 4)
    hashed[0] = hash_of_word(<uint32_t>days)
    return 1


cdef int day_of(const char* data, int64_t* days) noexcept nogil:
    """Read the ten signs of a date, and count from 2000 on; return 0 where there is no such day."""
    cdef int year = digits(data, 4), month = digits(data + 5, 2), day = digits(data + 8, 2)
    cdef int last = 31 - (month == 4 or month == 6 or month == 9 or month == 11), from_march
    if data[4] != c"-" or data[7] != c"-" or year < 1 or month < 1 or month > 12:
        return 0
    if month == 2:
        last = 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    if day < 1 or day > last:
        return 0
    # A year that begins in March has its leap day at the end.
    from_march = (month + 9) % 12
    if month <= 2:
        year -= 1
    days[0] = year * 365 + year // 4 - year // 100 + year // 400 + (from_march * 153 + 2) // 5 + day - 730426
    return 1


cdef int fraction(const char* data, Py_ssize_t size) noexcept nogil:
    """Read what follows the seconds: the microseconds, or -1 where that is something else."""
    cdef int count = 0, number = 0
    if size and data[0] == c".":
        while count + 1 < size and count < 6 and c"0" <= data[count + 1] <= c"9":
            number = number * 10 + data[count + 1] - c"0"
            count += 1
        if not count:
            return -1
        data += count + 1
        size -= count + 1
        while count < 6:
            number *= 10
            count += 1
    if size == 0 or (size == 1 and data[0] == c"Z") or (size == 6 and memcmp(data, b"+00:00", 6) == 0):
        return number
    return -1


cdef inline int digits(const char* data, int count) noexcept nogil:
    cdef int place, number = 0
    for place in range(count):
        if not (c"0" <= data[place] <= c"9"):
            return -1
        number = number * 10 + data[place] - c"0"
    return number


cdef int put_told(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take a value that was encoded before: the bytes to send, and those that PostgreSQL would print."""
    sent, printed = value
    put_number(into, <uint64_t>PyBytes_GET_SIZE(sent), 4)
    put(into, PyBytes_AS_STRING(sent), PyBytes_GET_SIZE(sent))
    hashed[0] = hash_of_octets(<const unsigned char*>PyBytes_AS_STRING(printed), PyBytes_GET_SIZE(printed))
    return 1


# Documents, as jsonb prints them

cdef struct Reading:
    const char* at
    const char* end
    int depth


cdef struct Member:
    const char* key
    size_t size
    size_t start
    size_t end


cdef int put_document(Buffer* into, object value, uint64_t* hashed) except -1:
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef Reading reading
    cdef size_t before = into.size, length
    if data == NULL:
        return 0
    reading.at, reading.end, reading.depth = data, data + size, 0
    # The length, which is not known yet, and the number of jsonb's format.
    put_number(into, 0, 4)
    put_number(into, 1, 1)
    if not put_json(into, &reading):
        return 0
    skip_blanks(&reading)
    if reading.at != reading.end:
        return 0
    length = into.size - before - 4
    into.size = before
    put_number(into, <uint64_t>length, 4)
    into.size += length
    hashed[0] = hash_of_octets(into.data + before + 5, length - 1)
    return 1


cdef inline void skip_blanks(Reading* reading) noexcept nogil:
    while reading.at < reading.end and reading.at[0] in (c" ", c"\n", c"\r", c"\t"):
        reading.at += 1


cdef inline char next_sign(Reading* reading) noexcept nogil:
    """Return what comes after blanks; a NUL at the end, which no document holds."""
    skip_blanks(reading)
    return reading.at[0] if reading.at < reading.end else 0


cdef int put_json(Buffer* into, Reading* reading) except -1:
    cdef char sign = next_sign(reading)
    cdef int found
    if sign == c'"':
        return put_string(into, reading)
    if sign == c"{" or sign == c"[":
        reading.depth += 1
        if reading.depth > DEPTH:
            return 0
        found = put_object(into, reading) if sign == c"{" else put_list(into, reading)
        reading.depth -= 1
        return found
    if sign == c"t":
        return put_word(into, reading, b"true", 4)
    if sign == c"f":
        return put_word(into, reading, b"false", 5)
    if sign == c"n":
        return put_word(into, reading, b"null", 4)
    return put_json_number(into, reading)


cdef int put_word(Buffer* into, Reading* reading, const char* word, size_t size) except -1:
    if <size_t>(reading.end - reading.at) < size or memcmp(reading.at, word, size) != 0:
        return 0
    put(into, word, size)
    reading.at += size
    return 1


cdef int put_json_number(Buffer* into, Reading* reading) except -1:
    """Take a number whose digits jsonb keeps as they are: without an exponent, and no zero with a sign."""
    cdef const char* begin = reading.at
    cdef const char* at = begin
    cdef bint other = False
    if at < reading.end and at[0] == c"-":
        at += 1
    if at < reading.end and at[0] == c"0":
        at += 1
    elif at < reading.end and c"1" <= at[0] <= c"9":
        while at < reading.end and c"0" <= at[0] <= c"9":
            at += 1
        other = True
    else:
        return 0
    if at < reading.end and at[0] == c".":
        at += 1
        if at == reading.end or not (c"0" <= at[0] <= c"9"):
            return 0
        while at < reading.end and c"0" <= at[0] <= c"9":
            other = other or at[0] != c"0"
            at += 1
    if at < reading.end and at[0] in (c"e", c"E"):
        return 0
    if at - begin > DIGITS or (begin[0] == c"-" and not other):
        return 0
    put(into, begin, at - begin)
    reading.at = at
    return 1


cdef int put_string(Buffer* into, Reading* reading) except -1:
    """Take a string from its quote to behind the other, with PostgreSQL's escapes in the place of others."""
    cdef const char* plain
    cdef unsigned char sign = 0
    put(into, b'"', 1)
    reading.at += 1
    while True:
        plain = reading.at
        while reading.at < reading.end:
            sign = <unsigned char>reading.at[0]
            if sign == c'"' or sign == c"\\" or sign < 0x20:
                break
            reading.at += 1
        put(into, plain, reading.at - plain)
        if reading.at == reading.end or sign < 0x20:
            return 0
        reading.at += 1
        if sign == c'"':
            return put(into, b'"', 1) + 1
        if not put_escape(into, reading):
            return 0


cdef int put_escape(Buffer* into, Reading* reading) except -1:
    cdef char sign
    cdef int code, other
    if reading.at == reading.end:
        return 0
    sign = reading.at[0]
    reading.at += 1
    if sign in (c'"', c"\\", c"b", c"f", c"n", c"r", c"t"):
        put(into, b"\\", 1)
        put(into, &sign, 1)
        return 1
    if sign == c"/":
        put(into, &sign, 1)
        return 1
    code = hex4(reading) if sign == c"u" else -1
    if 0xD800 <= code <= 0xDBFF:
        if reading.end - reading.at < 6 or reading.at[0] != c"\\" or reading.at[1] != c"u":
            return 0
        reading.at += 2
        other = hex4(reading)
        if not (0xDC00 <= other <= 0xDFFF):
            return 0
        code = 0x10000 + ((code - 0xD800) << 10) + (other - 0xDC00)
    elif code < 0x20 or 0xDC00 <= code <= 0xDFFF or code in (c'"', c"\\"):
        # A control character, half of a pair, nothing that is allowed, or what would have to be escaped anew.
        return 0
    return put_code(into, code)


cdef int hex4(Reading* reading) noexcept nogil:
    cdef int place, digit, code = 0
    if reading.end - reading.at < 4:
        return -1
    for place in range(4):
        digit = nibble(reading.at[place])
        if digit < 0:
            return -1
        code = code * 16 + digit
    reading.at += 4
    return code


cdef int put_code(Buffer* into, int code) except -1:
    """Write a character in UTF-8."""
    cdef unsigned char found[4]
    cdef int size
    if code < 0x80:
        found[0] = <unsigned char>code
        size = 1
    elif code < 0x800:
        found[0] = <unsigned char>(0xC0 | code >> 6)
        size = 2
    elif code < 0x10000:
        found[0] = <unsigned char>(0xE0 | code >> 12)
        size = 3
    else:
        found[0] = <unsigned char>(0xF0 | code >> 18)
        size = 4
    for place in range(1, size):
        found[place] = <unsigned char>(0x80 | ((code >> (6 * (size - 1 - place))) & 0x3F))
    put(into, found, size)
    return 1


cdef int put_list(Buffer* into, Reading* reading) except -1:
    put(into, b"[", 1)
    reading.at += 1
    if next_sign(reading) == c"]":
        reading.at += 1
        return put(into, b"]", 1) + 1
    while put_json(into, reading):
        if next_sign(reading) == c"]":
            reading.at += 1
            return put(into, b"]", 1) + 1
        if next_sign(reading) != c",":
            return 0
        reading.at += 1
        put(into, b", ", 2)
    return 0


cdef int put_object(Buffer* into, Reading* reading) except -1:
    """Take an object with its keys in jsonb's order: shorter ones first, then by their bytes; none comes twice."""
    cdef Member members[KEYS]
    cdef int count = 0, order
    cdef bint ordered = True
    put(into, b"{", 1)
    reading.at += 1
    if next_sign(reading) == c"}":
        reading.at += 1
        return put(into, b"}", 1) + 1
    while True:
        if count == KEYS or next_sign(reading) != c'"':
            return 0
        if not put_member(into, reading, &members[count]):
            return 0
        if count:
            order = compared(&members[count - 1], &members[count])
            if order == 0:
                return 0
            ordered = ordered and order < 0
        count += 1
        if next_sign(reading) == c"}":
            reading.at += 1
            break
        if next_sign(reading) != c",":
            return 0
        reading.at += 1
        put(into, b", ", 2)
    if not ordered and not put_in_order(into, members, count):
        return 0
    return put(into, b"}", 1) + 1


cdef int put_member(Buffer* into, Reading* reading, Member* member) except -1:
    """Take a key without escapes and its value; say where they are."""
    cdef unsigned char sign
    member.start = into.size
    reading.at += 1
    member.key = reading.at
    while reading.at < reading.end and reading.at[0] != c'"':
        sign = <unsigned char>reading.at[0]
        if sign == c"\\" or sign < 0x20:
            return 0
        reading.at += 1
    if reading.at == reading.end:
        return 0
    member.size = reading.at - member.key
    reading.at += 1
    if next_sign(reading) != c":":
        return 0
    reading.at += 1
    put(into, b'"', 1)
    put(into, member.key, member.size)
    put(into, b'": ', 3)
    if not put_json(into, reading):
        return 0
    member.end = into.size
    return 1


cdef int compared(const Member* one, const Member* other) noexcept nogil:
    if one.size != other.size:
        return -1 if one.size < other.size else 1
    return memcmp(one.key, other.key, one.size)


cdef int put_in_order(Buffer* into, Member* members, int count) except -1:
    """Write the members of an object once more, from the first on, in their order."""
    cdef size_t begin = members[0].start, size = into.size - members[0].start
    cdef Member moved
    cdef int place, at
    cdef unsigned char* copy
    for place in range(1, count):
        moved = members[place]
        at = place
        while at > 0 and compared(&members[at - 1], &moved) > 0:
            members[at] = members[at - 1]
            at -= 1
        members[at] = moved
        if at > 0 and compared(&members[at - 1], &moved) == 0:
            return 0
    copy = <unsigned char*>malloc(size)
    if copy == NULL:
        raise MemoryError
    memcpy(copy, into.data + begin, size)
    # As many bytes as there were, so that there is room for them.
    into.size = begin
    for place in range(count):
        if place:
            put(into, b", ", 2)
        put(into, copy + (members[place].start - begin), members[place].end - members[place].start)
    free(copy)
    return 1


cdef int put_value(Buffer* into, object value, int kind, Py_ssize_t limit, uint64_t* hashed) except -1:
    if kind == c"t":
        return put_text(into, value, limit, hashed)
    if kind == c"d":
        return put_float(into, value, hashed)
    if kind == c"m":
        return put_moment(into, value, hashed)
    if kind == c"y":
        return put_date(into, value, hashed)
    if kind == c"u":
        return put_uuid(into, value, hashed)
    if kind == c"j":
        return put_document(into, value, hashed)
    if kind == c"x":
        return put_told(into, value, hashed)
    return put_integer(into, value, kind, hashed)


def encode(columns, bytes kinds, limits, Py_ssize_t count):
    """Return so many rows in COPY's binary format, without header and trailer.

    Args:
        columns: The values, a list or a tuple for each column.
        kinds: What each column's values are, a letter each: `h`, `i` and `q` for integers of 2, 4 and 8 bytes, `b` for
            truth values, `d` for floats, `t` for texts, `m` for moments, `y` for dates, `u` for UUIDs, `j` for jsonb, and `x` for
            pairs of the bytes to send and those that PostgreSQL prints. A capital letter takes no NULL.
        limits: How many characters each column's texts may have; -1 is any number.
        count: The number of rows.

    Returns:
        The bytes, the sum of the fingerprints of the rows, and the NULLs of each column; or the place of the column
        that holds something else than plain values of its kind.
    """
    cdef Py_ssize_t width = len(columns), row, place
    cdef const unsigned char* letters = <const unsigned char*>PyBytes_AS_STRING(kinds)
    cdef PyObject*** values = <PyObject***>malloc(width * sizeof(void*))
    cdef Py_ssize_t* most = <Py_ssize_t*>malloc(width * sizeof(Py_ssize_t))
    cdef int64_t* nulls = <int64_t*>malloc(width * sizeof(int64_t))
    cdef Buffer into
    cdef uint64_t total, hashed, low = 0
    cdef int64_t high = 0, last
    cdef PyObject* value
    into.data, into.size, into.room = NULL, 0, 0
    try:
        if values == NULL or most == NULL or nulls == NULL or len(kinds) != width:
            raise MemoryError
        for place in range(width):
            if type(columns[place]) not in (list, tuple) or len(columns[place]) != count:
                raise ValueError("a column is a list or a tuple of as many values as there are rows")
            values[place] = PySequence_Fast_ITEMS(columns[place])
            most[place] = limits[place]
            nulls[place] = 0
        for row in range(count):
            put_number(&into, <uint64_t>width, 2)
            total = 0
            for place in range(width):
                value = values[place][row]
                hashed = 0
                if <object>value is None:
                    if letters[place] < c"a":
                        return place
                    put_number(&into, <uint64_t>-1, 4)
                    nulls[place] += 1
                elif not put_value(&into, <object>value, letters[place] | 0x20, most[place], &hashed):
                    return place
                total = total * 31 + hashed
            last = <int64_t>hash_of_long(<int64_t>total)
            # In two halves, since the sum of many has more than 64 bits.
            high += last >> 32
            low += <uint64_t>last & 0xFFFFFFFFu
        found = PyBytes_FromStringAndSize(<char*>into.data, into.size)
        return found, (int(high) << 32) + int(low), tuple([nulls[place] for place in range(width)])
    finally:
        free(into.data)
        free(values)
        free(most)
        free(nulls)
