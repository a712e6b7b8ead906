"""PostgreSQL's hash functions with the seed 0: Bob Jenkins' lookup3 (src/common/hashfn.c, hashfunc.c)."""

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


cdef inline void mix(uint32_t* state, const unsigned char* data) noexcept nogil:
    """Take twelve bytes more."""
    cdef uint32_t words[3]
    cdef uint32_t a = state[0], b = state[1], c = state[2]
    memcpy(words, data, 12)
    a += words[0]; b += words[1]; c += words[2]
    a -= c; a ^= turned(c, 4); c += b
    b -= a; b ^= turned(a, 6); a += c
    c -= b; c ^= turned(b, 8); b += a
    a -= c; a ^= turned(c, 16); c += b
    b -= a; b ^= turned(a, 19); a += c
    c -= b; c ^= turned(b, 4); b += a
    state[0] = a; state[1] = b; state[2] = c


cdef inline uint64_t hashed_rest(uint32_t* state, const unsigned char* data, size_t size) noexcept nogil:
    """Take less than twelve bytes, the last ones."""
    cdef uint32_t words[3]
    words[0] = words[1] = words[2] = 0
    memcpy(words, data, size)
    # The lowest byte of the third word is the length's.
    return finished(state[0] + words[0], state[1] + words[1], state[2] + (words[2] << 8))


cdef uint64_t hash_of_octets(const unsigned char* data, size_t size) noexcept nogil:
    """Hash text, uuid and float8."""
    cdef uint32_t state[3]
    state[0] = state[1] = state[2] = <uint32_t>(0x9E3779B9u + 3923095u + <uint32_t>size)
    while size >= 12:
        mix(state, data)
        data += 12
        size -= 12
    return hashed_rest(state, data, size)


cdef uint64_t hash_of_printed(const unsigned char* data, size_t size) noexcept nogil:
    """Hash bytes as PostgreSQL prints them, in hexadecimal digits, of which never more than twelve are kept."""
    cdef uint32_t state[3]
    cdef unsigned char digits[12]
    cdef int count = 2
    cdef size_t place
    state[0] = state[1] = state[2] = <uint32_t>(0x9E3779B9u + 3923095u + <uint32_t>(2 + 2 * size))
    digits[0], digits[1] = c"\\", c"x"
    for place in range(size):
        digits[count] = hexadecimal(data[place] >> 4)
        digits[count + 1] = hexadecimal(data[place] & 15)
        count += 2
        if count == 12:
            mix(state, digits)
            count = 0
    return hashed_rest(state, digits, count)


cdef inline unsigned char hexadecimal(int nibble) noexcept nogil:
    return <unsigned char>(nibble + (c"0" if nibble < 10 else c"a" - 10))


cdef inline uint64_t hash_of_word(uint32_t word) noexcept nogil:
    """Hash int2, int4, bool and date."""
    cdef uint32_t begin = <uint32_t>(0x9E3779B9u + 3923095u + 4u)
    return finished(begin + word, begin, begin)


cdef inline uint64_t hash_of_long(int64_t number) noexcept nogil:
    """Hash int8, time and both kinds of moments; small ones hash as int4 does."""
    cdef uint32_t low = <uint32_t>number, high = <uint32_t>(<uint64_t>number >> 32)
    return hash_of_word(low ^ (high if number >= 0 else ~high))
