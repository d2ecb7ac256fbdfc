//! How large an input may be. Every limit has an error that names it.

/// Limits of one import. The defaults fit the largest known real export (128,278 rows, 37 MB of xlsx) several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file. Default 512 MiB.
    pub bytes: u64,
    /// Characters of one cell. Default 20,000; a cell with more refuses its row.
    pub field_chars: usize,
    /// Columns of the header. Default 1,000.
    pub columns: usize,
    /// Bytes of one row of text; more means a quote that was never closed. Default 8 MiB.
    pub row_bytes: u64,
    /// Entries in an xlsx archive. Default 2,000.
    pub zip_entries: usize,
    /// Bytes of all parts of an xlsx archive after unpacking. Default 1 GiB.
    pub zip_bytes: u64,
    /// Bytes of the shared strings of an xlsx after unpacking, the one part that is held in memory. Default 256 MiB.
    pub zip_strings_bytes: u64,
    /// How many times larger than its packed form a part of an xlsx may be, when it is larger than 8 MiB. Default 200.
    pub zip_ratio: u64,
    /// Bytes of one geometry in a GeoJSON file. Default 16 MiB.
    pub geometry_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 512 << 20,
            field_chars: 20_000,
            columns: 1_000,
            row_bytes: 8 << 20,
            zip_entries: 2_000,
            zip_bytes: 1 << 30,
            zip_strings_bytes: 256 << 20,
            zip_ratio: 200,
            geometry_bytes: 16 << 20,
        }
    }
}
