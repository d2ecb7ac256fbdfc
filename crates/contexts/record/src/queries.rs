//! What only looks.

use std::collections::BTreeMap;

use linli_db::Conn;
use linli_kernel::DistrictId;
use linli_publiclog::{
    Checkpoint, Edge, Entry, Hash, Log, LogError, Resource, Tile, Tree, decode_bundle, encode_bundle, encode_hashes, leaf_hash,
    tiles_for_consistency, tiles_for_inclusion,
};
use uuid::Uuid;

use crate::error::RecordError;
use crate::model::{EntryId, Kept, LogHead, LogId, Opening, Proven, Signed, Standing};
use crate::rules;
use crate::store::{entries, logs, stored, tiles};

/// Checkpoints compared at a time.
const COMPARED: i64 = 1_000;

/// All logs of this installation.
///
/// # Errors
/// Store errors.
pub async fn logs(c: &mut Conn<'_>) -> Result<Vec<LogHead>, RecordError> {
    Ok(logs::all(c).await?)
}

/// A log as it stands.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn log(c: &mut Conn<'_>, id: LogId) -> Result<LogHead, RecordError> {
    logs::one(c, id).await?.ok_or(RecordError::NotFound)
}

/// The log of a district that grows; none while nothing was published there.
///
/// # Errors
/// Store errors.
pub async fn district_log(c: &mut Conn<'_>, district: DistrictId) -> Result<Option<LogHead>, RecordError> {
    Ok(logs::of_district(c, district).await?.pop().filter(|head| head.ended_at.is_none()))
}

/// The newest checkpoints of a log, and its newest entries; the newest first.
///
/// # Errors
/// Store errors.
pub async fn latest(c: &mut Conn<'_>, id: LogId) -> Result<(Vec<Signed>, Vec<Kept>), RecordError> {
    Ok((logs::newest(c, id, rules::SHOWN).await?, entries::latest(c, id, rules::SHOWN).await?))
}

/// How many entries of a district wait for their numbers.
///
/// # Errors
/// Store errors.
pub async fn waiting(c: &mut Conn<'_>, district: DistrictId) -> Result<i64, RecordError> {
    Ok(entries::waiting(c, district).await?)
}

/// How the newest entry about a record stands; none when nothing about it was ever published.
///
/// # Errors
/// Store errors.
pub async fn standing(c: &mut Conn<'_>, district: DistrictId, subject: Uuid) -> Result<Option<Standing>, RecordError> {
    Ok(standings(c, district, &[subject]).await?.pop().map(|(_, standing)| standing))
}

/// How the newest entries about some records stand. A record about which nothing was published is left out.
///
/// # Errors
/// Store errors.
pub async fn standings(c: &mut Conn<'_>, district: DistrictId, subjects: &[Uuid]) -> Result<Vec<(Uuid, Standing)>, RecordError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let found = entries::newest_of(c, district, subjects).await?;
    let heads = logs::of_district(c, district).await?;
    Ok(found.into_iter().map(|kept| (kept.subject, stands(&heads, district, kept))).collect())
}

/// How an entry stands.
///
/// # Errors
/// Store errors.
pub async fn standing_of(c: &mut Conn<'_>, district: DistrictId, entry: EntryId) -> Result<Option<Standing>, RecordError> {
    let Some(kept) = entries::one(c, district, entry).await? else { return Ok(None) };
    let heads = logs::of_district(c, district).await?;
    Ok(Some(stands(&heads, district, kept)))
}

/// How all entries about a record stand, the oldest first.
///
/// # Errors
/// Store errors.
pub async fn history(c: &mut Conn<'_>, district: DistrictId, subject: Uuid) -> Result<Vec<Standing>, RecordError> {
    let found = entries::of_subject(c, district, subject).await?;
    let heads = logs::of_district(c, district).await?;
    Ok(found.into_iter().map(|kept| stands(&heads, district, kept)).collect())
}

fn stands(heads: &[LogHead], district: DistrictId, kept: Kept) -> Standing {
    let size = kept.at.and_then(|(log, _)| heads.iter().find(|head| head.id == log)).map_or(0, |head| head.size);
    let path = kept.path(district);
    Standing { entry: kept.id, kind: kept.kind, number: kept.at.map(|(_, number)| number), size, path }
}

/// The entry of a number; none where the log is shorter.
///
/// # Errors
/// Store errors.
pub async fn numbered(c: &mut Conn<'_>, log: LogId, number: u64) -> Result<Option<EntryId>, RecordError> {
    Ok(entries::numbered(c, log, number).await?.map(|kept| kept.id))
}

/// What opens the commitment of an entry: none when it committed to nothing, when another room keeps it, and when it was erased.
///
/// # Errors
/// Store errors.
pub async fn opening(c: &mut Conn<'_>, district: DistrictId, entry: EntryId) -> Result<Option<Opening>, RecordError> {
    Ok(entries::opening(c, district, entry).await?)
}

/// An entry, whether it has a number or waits, and its bytes.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn entry(c: &mut Conn<'_>, district: DistrictId, id: EntryId) -> Result<(Kept, Vec<u8>), RecordError> {
    let kept = entries::one(c, district, id).await?.ok_or(RecordError::NotFound)?;
    if let Some((log, number)) = kept.at {
        let bytes = bytes_at(c, log, number).await?;
        return Ok((kept, bytes));
    }
    match entries::waiting_bytes(c, district, id).await? {
        Some(bytes) => Ok((kept, bytes)),
        None => {
            // It got its number meanwhile.
            let kept = entries::one(c, district, id).await?.ok_or(RecordError::NotFound)?;
            let (log, number) = kept.at.ok_or(RecordError::NotFound)?;
            let bytes = bytes_at(c, log, number).await?;
            Ok((kept, bytes))
        }
    }
}

async fn bytes_at(c: &mut Conn<'_>, log: LogId, number: u64) -> Result<Vec<u8>, RecordError> {
    let (index, place) = (number / 256, usize::try_from(number % 256).unwrap_or(usize::MAX));
    let tile = Tile { level: 0, index, width: 1 };
    let bundle = tiles::bundle(c, log, index).await?.ok_or(LogError::TileMissing { tile })?;
    let held = decode_bundle(&bundle).ok_or(LogError::TileMissing { tile })?;
    Ok(held.get(place).ok_or(LogError::TileMissing { tile })?.to_vec())
}

/// The proof that an entry is in its log, up to the newest checkpoint.
///
/// # Errors
/// `NotFound`; `Waiting` while it has no number; store errors.
pub async fn proof(c: &mut Conn<'_>, district: DistrictId, id: EntryId) -> Result<Proven, RecordError> {
    let kept = entries::one(c, district, id).await?.ok_or(RecordError::NotFound)?;
    let (log_id, number) = kept.at.ok_or(RecordError::Waiting)?;
    // The head first: tiles only grow, so what is read after it holds at least what it speaks of.
    let head = log(c, log_id).await?;
    let needed = tiles_for_inclusion(number, head.size)?;
    let proof = Tree::new(&fetched(c, log_id, needed).await?, head.size).inclusion(number)?;
    let bytes = bytes_at(c, log_id, number).await?;
    Ok(Proven { log: head, number, bytes, proof })
}

/// The proof that a log begins with its first `from` entries, and how it stands.
///
/// # Errors
/// `NotFound`; `Log` when it never had as many entries; store errors.
pub async fn consistency(c: &mut Conn<'_>, id: LogId, from: u64) -> Result<(LogHead, Vec<Hash>), RecordError> {
    let head = log(c, id).await?;
    if from == 0 {
        return Ok((head, Vec::new()));
    }
    let needed = tiles_for_consistency(from, head.size)?;
    let proof = Tree::new(&fetched(c, id, needed).await?, head.size).consistency(from)?;
    Ok((head, proof))
}

async fn fetched(c: &mut Conn<'_>, log: LogId, needed: Vec<Tile>) -> Result<BTreeMap<(u8, u64), Vec<Hash>>, RecordError> {
    let mut found = BTreeMap::new();
    for tile in needed {
        if let Some(hashes) = tiles::hashes(c, log, (tile.level, tile.index)).await? {
            found.insert((tile.level, tile.index), hashes);
        }
    }
    Ok(found)
}

/// Whether a log begins with what somebody kept of it: a checkpoint that was signed earlier. Gives that checkpoint and how the log stands.
///
/// # Errors
/// `Field` for what is no checkpoint, of another log, signed by another key, or of a log that was set back or rewritten since; `NotFound`; store errors.
pub async fn follows(c: &mut Conn<'_>, id: LogId, pasted: &str) -> Result<(Checkpoint, LogHead), RecordError> {
    let head = log(c, id).await?;
    let wrong = |problem| RecordError::Field { field: "checkpoint", problem };
    let known = Log::of(head.key.parse()?);
    // Forms send other ends of lines, and cut off the last.
    let text = format!("{}\n", pasted.replace("\r\n", "\n").trim());
    let earlier = Checkpoint::open(text.as_bytes(), &known).map_err(wrong)?;
    let now = Checkpoint::open(head.note.as_bytes(), &known)?;
    let proof = if earlier.size <= now.size { consistency(c, id, earlier.size).await?.1 } else { Vec::new() };
    now.follows(&earlier, &proof).map_err(|_| wrong(LogError::RolledBack { before: earlier.size, now: now.size }))?;
    Ok((earlier, head))
}

/// The checkpoint that was signed when a log had so many entries.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn signed_at(c: &mut Conn<'_>, id: LogId, size: u64) -> Result<Signed, RecordError> {
    logs::signed_at(c, id, size).await?.ok_or(RecordError::NotFound)
}

/// The bytes of a file of a log (c2sp.org/tlog-tiles).
///
/// # Errors
/// `NotFound` for a file that the log does not have; store errors.
pub async fn file(c: &mut Conn<'_>, id: LogId, resource: Resource) -> Result<Vec<u8>, RecordError> {
    let head = log(c, id).await?;
    let has = |level, index, width: u16| Tile::in_log(head.size, level, index).is_some_and(|tile| tile.width >= width);
    match resource {
        Resource::Checkpoint => Ok(head.note.into_bytes()),
        Resource::Hashes(tile) if has(tile.level, tile.index, tile.width) => {
            let hashes = tiles::hashes(c, id, (tile.level, tile.index)).await?.unwrap_or_default();
            let some = hashes.get(..usize::from(tile.width)).ok_or(LogError::TileMissing { tile })?;
            Ok(encode_hashes(some))
        }
        Resource::Entries { index, width } if has(0, index, width) => {
            let tile = Tile { level: 0, index, width };
            let bundle = tiles::bundle(c, id, index).await?.ok_or(LogError::TileMissing { tile })?;
            let held = decode_bundle(&bundle).ok_or(LogError::TileMissing { tile })?;
            if held.len() == usize::from(width) {
                return Ok(bundle);
            }
            let some = held.get(..usize::from(width)).ok_or(LogError::TileMissing { tile })?;
            Ok(encode_bundle(some.iter().copied())?)
        }
        Resource::Hashes(_) | Resource::Entries { .. } => Err(RecordError::NotFound),
    }
}

/// What is wrong with the logs of a district: every tree is computed anew from its entries and compared with its tiles, its checkpoints and what is found by
/// ids and numbers.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, RecordError> {
    let mut found = Vec::new();
    for head in logs::of_district(c, district).await? {
        let mut wrong = |problem: String| found.push(format!("the log {}: {problem}", head.id));
        match check_tree(c, &head).await {
            Ok(()) => {}
            Err(RecordError::Db(error)) => return Err(error.into()),
            Err(error) => wrong(error.to_string()),
        }
        let (count, highest) = entries::span(c, head.id).await?;
        let size = stored(head.size);
        if count != size || highest.unwrap_or(-1) != size.saturating_sub(1) {
            wrong(format!("it has {size} entries, and {count} are found up to {highest:?}"));
        }
    }
    Ok(found)
}

async fn check_tree(c: &mut Conn<'_>, head: &LogHead) -> Result<(), RecordError> {
    let known = Log::of(head.key.parse()?);
    let newest = Checkpoint::open(head.note.as_bytes(), &known)?;
    if (newest.size, newest.root) != (head.size, head.root) {
        return Err(LogError::Checkpoint { problem: "it does not say what the log says" }.into());
    }
    let mut edge = Edge::default();
    let mut signed = Signings::of(c, head.id).await?;
    signed.compare(c, &known, &edge).await?;
    let mut index = 0;
    while let Some(tile) = Tile::in_log(head.size, 0, index) {
        let path = || Resource::Entries { index, width: tile.width }.to_string();
        let broken = || LogError::File { path: path(), problem: "it does not hold the entries it should".into() };
        let bundle = tiles::bundle(c, head.id, index).await?.ok_or_else(broken)?;
        let held = decode_bundle(&bundle).filter(|held| held.len() == usize::from(tile.width)).ok_or_else(broken)?;
        for bytes in held {
            Entry::read(bytes)?;
            for (full, hashes) in edge.push(leaf_hash(bytes)) {
                must_be(c, head.id, (full, &hashes)).await?;
            }
            signed.compare(c, &known, &edge).await?;
        }
        index += 1;
    }
    for (tile, hashes) in edge.partial() {
        must_be(c, head.id, (tile, hashes)).await?;
    }
    match signed.next {
        Some(one) => Err(LogError::RolledBack { before: one.size, now: head.size }.into()),
        None if edge.root() == head.root => Ok(()),
        None => Err(LogError::Proof.into()),
    }
}

/// The checkpoints of a log, one after the other.
struct Signings {
    log: LogId,
    page: std::vec::IntoIter<Signed>,
    next: Option<Signed>,
}

impl Signings {
    async fn of(c: &mut Conn<'_>, log: LogId) -> Result<Self, RecordError> {
        let mut all = Self { log, page: Vec::new().into_iter(), next: None };
        all.go_on(c, -1).await?;
        Ok(all)
    }

    async fn go_on(&mut self, c: &mut Conn<'_>, after: i64) -> Result<(), RecordError> {
        self.next = self.page.next();
        if self.next.is_none() {
            self.page = logs::signed_after(c, self.log, after, COMPARED).await?.into_iter();
            self.next = self.page.next();
        }
        Ok(())
    }

    /// Compares what was signed when the tree was as large as it is up to here.
    async fn compare(&mut self, c: &mut Conn<'_>, known: &Log, edge: &Edge) -> Result<(), RecordError> {
        while let Some(one) = self.next.take_if(|one| one.size == edge.size()) {
            let (said, root) = (Checkpoint::open(one.note.as_bytes(), known)?, edge.root());
            if (said.size, said.root) != (one.size, root) || one.root != root {
                return Err(LogError::RolledBack { before: one.size, now: edge.size() }.into());
            }
            self.go_on(c, stored(one.size)).await?;
        }
        Ok(())
    }
}

/// Compares a tile that was computed with the one that is stored.
async fn must_be(c: &mut Conn<'_>, log: LogId, (tile, hashes): (Tile, &[Hash])) -> Result<(), RecordError> {
    let there = tiles::hashes(c, log, (tile.level, tile.index)).await?;
    if there.as_deref() == Some(hashes) { Ok(()) } else { Err(LogError::Differs { path: tile.resource().to_string() }.into()) }
}
