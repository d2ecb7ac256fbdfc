//! The files in which a log is served (c2sp.org/tlog-tiles): tiles of hashes, bundles of entries, and their paths.

use std::fmt;
use std::str::FromStr;

use crate::{Hash, LogError};

/// Hashes of a full tile, entries of a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// The longest entry, bytes: its length is written in two.
pub const MAX_ENTRY_BYTES: usize = 65_535;
/// The highest level whose number may stand in a path. A log of 2⁶⁴ entries ends at level 7.
const HIGHEST_LEVEL: u8 = 63;

/// A tile of hashes: at level 0 those of entries, at each further level the roots of full tiles of the level below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// The level, from 0.
    pub level: u8,
    /// Number of the tile in its level, from 0.
    pub index: u64,
    /// Hashes in it, 1 to 256. Only the last tile of a level is not full.
    pub width: u16,
}

impl Tile {
    /// The tile as it is in a log of `size` entries; `None` when it is empty there.
    #[must_use]
    pub fn in_log(size: u64, level: u8, index: u64) -> Option<Self> {
        let hashes = hashes_at(size, level);
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = u16::try_from(hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH))).ok()?;
        (width > 0).then_some(Self { level, index, width })
    }

    /// Whether it is full, and will never change.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Under which path it is served.
    #[must_use]
    pub const fn resource(&self) -> Resource {
        Resource::Hashes(*self)
    }
}

/// How many hashes a log of `size` entries has at a level.
pub(crate) fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level).saturating_mul(8)).unwrap_or(0)
}

/// What is served under a path, below the prefix of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// `checkpoint`: the newest checkpoint. Ask again after seconds.
    Checkpoint,
    /// `tile/<level>/<index>`, followed by `.p/<width>` when the tile is not full. Never changes.
    Hashes(Tile),
    /// `tile/entries/<index>`, followed by `.p/<width>` when the bundle is not full. Never changes.
    Entries {
        /// Number of the bundle, from 0.
        index: u64,
        /// Entries in it, 1 to 256.
        width: u16,
    },
}

impl Resource {
    /// The `Content-Type` that the specification asks for.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Checkpoint => "text/plain; charset=utf-8",
            Self::Hashes(_) | Self::Entries { .. } => "application/octet-stream",
        }
    }

    /// The full file that begins with what this one holds.
    pub(crate) const fn filled(self) -> Self {
        match self {
            Self::Checkpoint => self,
            Self::Hashes(tile) => Self::Hashes(Tile { width: TILE_WIDTH, ..tile }),
            Self::Entries { index, .. } => Self::Entries { index, width: TILE_WIDTH },
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            Self::Checkpoint => return f.write_str("checkpoint"),
            Self::Hashes(tile) => {
                write!(f, "tile/{}/", tile.level)?;
                (tile.index, tile.width)
            }
            Self::Entries { index, width } => {
                f.write_str("tile/entries/")?;
                (*index, *width)
            }
        };
        f.write_str(&number_path(index))?;
        if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

impl FromStr for Resource {
    type Err = LogError;

    /// Reads a path without the prefix of the log and without a slash before it. Only the one right spelling is taken.
    fn from_str(path: &str) -> Result<Self, LogError> {
        let read = || {
            if path == "checkpoint" {
                return Some(Self::Checkpoint);
            }
            let (kind, place) = path.strip_prefix("tile/")?.split_once('/')?;
            let (number, width) = match place.split_once(".p/") {
                Some((number, width)) => (number, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
                None => (place, TILE_WIDTH),
            };
            let index = path_number(number)?;
            Some(match kind {
                "entries" => Self::Entries { index, width },
                level => {
                    let level = level.parse().ok().filter(|level| *level <= HIGHEST_LEVEL)?;
                    Self::Hashes(Tile { level, index, width })
                }
            })
        };
        // Signs, leading zeros and superfluous groups would give one file many names.
        read()
            .filter(|resource| resource.to_string() == path)
            .ok_or_else(|| LogError::Path { path: path.chars().take(200).collect() })
    }
}

/// Groups of three digits, all but the last with an `x` before it: 1234067 is `x001/x234/067`.
fn number_path(mut number: u64) -> String {
    let mut path = format!("{:03}", number % 1000);
    while number >= 1000 {
        number /= 1000;
        path = format!("x{:03}/{path}", number % 1000);
    }
    path
}

fn path_number(path: &str) -> Option<u64> {
    path.split('/').try_fold(0_u64, |number, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        number.checked_mul(1000)?.checked_add(u64::from(digits.parse::<u16>().ok().filter(|group| *group < 1000)?))
    })
}

/// The bytes of a tile.
#[must_use]
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes in the bytes of a tile; `None` when the bytes are not whole hashes, none, or more than 256.
#[must_use]
pub fn decode_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let fits = rest.is_empty() && (1..=usize::from(TILE_WIDTH)).contains(&hashes.len());
    fits.then(|| hashes.iter().copied().map(Hash).collect())
}

/// The bytes of a bundle: each entry after its length in two bytes, high byte first.
///
/// # Errors
/// [`LogError::TooLong`] for an entry of more than [`MAX_ENTRY_BYTES`].
pub fn encode_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, LogError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| LogError::TooLong { bytes: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries in the bytes of a bundle; `None` when the bytes end within an entry, or hold none or more than 256.
#[must_use]
pub fn decode_bundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bytes = rest;
    }
    (bytes.is_empty() && (1..=usize::from(TILE_WIDTH)).contains(&entries.len())).then_some(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let hashes = |level, index, width| Resource::Hashes(Tile { level, index, width }).to_string();
        assert_eq!(hashes(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(hashes(0, 7, 256), "tile/0/007");
        assert_eq!(hashes(1, 999, 255), "tile/1/999.p/255");
        assert_eq!(hashes(2, 1000, 1), "tile/2/x001/000.p/1");
        assert_eq!(Resource::Entries { index: 5_042_007, width: 8 }.to_string(), "tile/entries/x005/x042/007.p/8");
    }

    #[test]
    fn other_spellings_are_refused() {
        for path in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/7",
            "tile/00/007",
            "tile/64/007",
            "tile/+1/007",
            "tile/-1/007",
            "tile/0/x000/007",
            "tile/0/001/007",
            "tile/0/x007",
            "tile/0/0007",
            "tile/0/xx7",
            "tile/0/007.p/0",
            "tile/0/007.p/256",
            "tile/0/007.p/08",
            "tile/0/007.p/",
            "tile/0/007.p/1/",
            "tile/0/007/",
            "tile/0/007.p",
            "/tile/0/007",
            "tile/a/007",
            "tile/entries/x007",
            "tile/entries/007.p/+1",
            "Checkpoint",
            "checkpoint/",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
            "tile/0/〇〇7",
            "tile/0/..",
            "tile/entries/../checkpoint",
        ] {
            assert!(path.parse::<Resource>().is_err(), "{path}");
        }
    }

    /// The example of the specification: a log of 70,000 entries, and the one of 256.
    #[test]
    fn widths_are_those_of_the_specification() {
        let width = |size, level, index| Tile::in_log(size, level, index).map(|tile| tile.width);
        assert_eq!([width(70_000, 0, 272), width(70_000, 0, 273), width(70_000, 0, 274)], [Some(256), Some(112), None]);
        assert_eq!([width(70_000, 1, 0), width(70_000, 1, 1), width(70_000, 1, 2)], [Some(256), Some(17), None]);
        assert_eq!([width(70_000, 2, 0), width(70_000, 3, 0)], [Some(1), None]);
        assert_eq!([width(256, 0, 0), width(256, 0, 1), width(256, 1, 0)], [Some(256), None, Some(1)]);
        assert_eq!([width(0, 0, 0), width(u64::MAX, 63, 0), width(1, 0, u64::MAX)], [None, None, None]);
    }

    proptest! {
        #[test]
        fn a_path_is_read_as_it_is_written(level in 0..=63_u8, index: u64, width in 1..=256_u16) {
            for resource in [Resource::Hashes(Tile { level, index, width }), Resource::Entries { index, width }] {
                prop_assert_eq!(resource.to_string().parse(), Ok(resource));
            }
        }

        #[test]
        fn any_text_is_refused_or_read_as_itself(path in "tile/(0|1|63|64|entries)/[x0-9/.p]{0,12}") {
            if let Ok(resource) = path.parse::<Resource>() {
                prop_assert_eq!(resource.to_string(), path);
            }
        }

        #[test]
        fn a_bundle_is_read_as_it_is_written(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..=256)) {
            let bytes = encode_bundle(entries.iter().map(Vec::as_slice)).unwrap();
            let read = decode_bundle(&bytes).unwrap();
            prop_assert_eq!(&read, &entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
            // Cut off at any place it holds fewer entries or is refused; it never holds others.
            for end in 0..bytes.len() {
                let cut = decode_bundle(&bytes[..end]);
                prop_assert!(cut.is_none_or(|cut| cut.len() < read.len() && read.starts_with(&cut)));
            }
        }
    }

    #[test]
    fn a_bundle_has_limits() {
        assert_eq!(encode_bundle([vec![0; 65_536].as_slice()]), Err(LogError::TooLong { bytes: 65_536 }));
        assert!(encode_bundle([vec![0; 65_535].as_slice()]).is_ok());
        assert_eq!(decode_bundle(&[0; 2 * 256]).map(|entries| entries.len()), Some(256));
        assert_eq!(decode_bundle(&[0; 2 * 257]), None);
        assert_eq!(decode_hashes(&[0; 33]), None);
        assert_eq!(decode_hashes(&[]), None);
        assert_eq!(decode_hashes(&[0; 8224]), None);
    }
}
