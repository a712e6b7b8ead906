"""Documents as jsonb prints them; each function returns 1, or 0 for what is to be left to the rules of the casts."""

cdef enum:
    # What a document may have, in its objects, its depth and its numbers, before it is left to Python.
    KEYS = 32
    DEPTH = 32
    DIGITS = 300


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
            put(into, b'"', 1)
            return 1
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
        put(into, b"]", 1)
        return 1
    while put_json(into, reading):
        if next_sign(reading) == c"]":
            reading.at += 1
            put(into, b"]", 1)
            return 1
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
        put(into, b"}", 1)
        return 1
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
    put(into, b"}", 1)
    return 1


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
