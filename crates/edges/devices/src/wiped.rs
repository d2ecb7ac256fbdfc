//! Bytes of messages are written over when they were read, where a buffer goes on living: nothing of what was heard stays in the memory of the program.

/// Writes over bytes that nobody will read any more.
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    // That nobody reads the zeros is no reason for the compiler to leave them out.
    std::hint::black_box(bytes);
}
