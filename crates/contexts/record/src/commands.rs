//! What changes the logs.

use std::collections::{BTreeMap, BTreeSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_publiclog::{
    Checkpoint, Commitment, EMPTY_ROOT, Edge, Entry, Hash, Log, Salt, Tile, decode_bundle, encode_bundle, leaf_hash, sign_next,
    tiles_for_consistency,
};
use serde_json::json;
use uuid::Uuid;

use crate::error::RecordError;
use crate::keeper::LogKeeper;
use crate::model::{EntryId, LogHead, LogId, Opening, Publish, Sealed, Signed};
use crate::rules;
use crate::store::entries::{self, NewOpening, Waiting};
use crate::store::{logs, tiles};

/// Entries of a bundle.
const BUNDLE: u64 = 256;

/// Publishes something in the transaction of the change that it tells (公开). It is given its number within seconds, by [`seal_all`].
///
/// It asks for no right of its own: whoever may make the change has decided that it is public.
///
/// # Errors
/// `TooLong`; `Log` for a kind of other characters; store errors.
pub async fn publish(ctx: &Ctx, tx: &mut Tx, what: Publish) -> Result<EntryId, RecordError> {
    let ids = publish_many(ctx, tx, vec![what]).await?;
    ids.first().copied().ok_or(RecordError::NotFound)
}

/// Publishes many things at once, and gives their ids in the same order.
///
/// # Errors
/// As [`publish`]; nothing is published then.
pub async fn publish_many(ctx: &Ctx, tx: &mut Tx, what: Vec<Publish>) -> Result<Vec<EntryId>, RecordError> {
    let district = tx.district();
    let (mut waiting, mut openings, mut ids) = (Vec::with_capacity(what.len()), Vec::new(), Vec::with_capacity(what.len()));
    for one in what {
        must_fit(one.public.len(), rules::PUBLIC_MAX)?;
        let id = EntryId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
        let sealed = match one.sealed {
            None => None,
            Some(Sealed::Kept(commitment)) => Some(commitment),
            Some(Sealed::Words(words)) => Some(opened(ctx, (one.kind, one.subject, id), (words, false), &mut openings)?),
            Some(Sealed::Open(words)) => Some(opened(ctx, (one.kind, one.subject, id), (words, true), &mut openings)?),
        };
        let bytes = Entry { kind: one.kind.to_owned(), sealed, public: one.public }.to_bytes()?;
        waiting.push(Waiting {
            id,
            kind: one.kind.to_owned(),
            subject_id: one.subject,
            place_path: one.place.at_level(PlaceLevel::Entrance),
            page: one.page,
            bytes,
            made_at: ctx.now(),
        });
        ids.push(id);
    }
    let c = &mut tx.conn()?;
    entries::wait(c, district, waiting).await?;
    entries::keep_openings(c, district, openings).await?;
    Ok(ids)
}

/// Commits to words, and keeps what opens the commitment.
fn opened(
    ctx: &Ctx,
    (kind, subject, entry): (&str, Uuid, EntryId),
    (words, open): (Vec<u8>, bool),
    kept: &mut Vec<NewOpening>,
) -> Result<Commitment, RecordError> {
    must_fit(words.len(), rules::WORDS_MAX)?;
    let mut salt = [0; 32];
    ctx.rng.fill(&mut salt);
    let salt = Salt(salt);
    let commitment = Commitment::to(kind, &salt, &words);
    kept.push(NewOpening { entry, subject, opening: Opening { salt, words, open } });
    Ok(commitment)
}

const fn must_fit(bytes: usize, most: usize) -> Result<(), RecordError> {
    if bytes > most { Err(RecordError::TooLong { bytes, most }) } else { Ok(()) }
}

/// Erases what opens the commitments about a record (words and salts). What is in the log stays and every proof holds; nobody can say any more what was
/// committed to. Whoever may erase the record calls it.
///
/// # Errors
/// Store errors.
pub async fn forget(ctx: &Ctx, tx: &mut Tx, subject: Uuid) -> Result<u64, RecordError> {
    let district = tx.district();
    let erased = entries::erase(&mut tx.conn()?, district, subject).await?;
    if erased > 0 {
        tx.journal(ctx.line("record.openings_erased", &PlacePath::root(), Some(subject), json!({ "openings": erased })));
    }
    Ok(erased)
}

/// Makes the key and the empty log of the transaction's district, unless it has one, and gives the log that grows.
///
/// # Errors
/// `Denied` for anybody but the program itself and the administrator; store errors.
pub async fn open(ctx: &Ctx, tx: &mut Tx, keeper: &LogKeeper) -> Result<LogHead, RecordError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Rules, district, &PlacePath::root())?;
    let there = logs::of_district(&mut tx.conn()?, district).await?.pop();
    match there.filter(|head| head.ended_at.is_none()) {
        Some(head) => Ok(head),
        None => begin(ctx, tx, keeper, LogId { district, no: 1 }).await,
    }
}

async fn begin(ctx: &Ctx, tx: &mut Tx, keeper: &LogKeeper, id: LogId) -> Result<LogHead, RecordError> {
    let (key, seed) = keeper.make_key(ctx, id)?;
    let origin = key.verifier().name().to_owned();
    let note = sign_next(&key, None, &Checkpoint::new(&origin, 0, EMPTY_ROOT), &[])?;
    let now = ctx.now();
    let signed = Signed { size: 0, root: EMPTY_ROOT, note: note.clone(), at: now };
    let head = LogHead {
        id,
        origin,
        key: key.verifier().to_string(),
        size: 0,
        root: EMPTY_ROOT,
        note,
        begun_at: now,
        sealed_at: now,
        ended_at: None,
    };
    let c = &mut tx.conn()?;
    if logs::begin(c, &head, &seed).await? {
        logs::keep(c, id, &signed).await?;
        let facts = json!({ "origin": head.origin, "key": head.key, "no": id.no });
        tx.journal(ctx.line("record.log_begun", &PlacePath::root(), None, facts));
        return Ok(head);
    }
    // Another process was first.
    logs::one(c, id).await?.ok_or(RecordError::NotFound)
}

/// What was done to a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// Which log.
    pub log: LogId,
    /// Entries that got numbers.
    pub entries: u64,
    /// The checkpoint that was signed; none when nothing waited.
    pub note: Option<String>,
}

/// Gives those that wait their numbers, and signs the next checkpoint: at most `limit` of them. After the commit the checkpoint is to be kept by the witness;
/// [`seal_all`] does so.
///
/// # Errors
/// `Log` with `RolledBack` when the store knows less than was signed before, nothing is signed then; `Key`, `Witness`; store errors.
pub async fn seal(ctx: &Ctx, tx: &mut Tx, keeper: &LogKeeper, limit: i64) -> Result<Grown, RecordError> {
    let district = tx.district();
    open(ctx, tx, keeper).await?;
    let (head, seed) = logs::lock(&mut tx.conn()?, district).await?.ok_or(RecordError::NotFound)?;
    let key = keeper.open_key(head.id, &head.origin, &seed)?;
    must_extend(tx, keeper, &head).await?;
    let c = &mut tx.conn()?;
    let taken = entries::take(c, district, limit).await?;
    if taken.is_empty() {
        return Ok(Grown { log: head.id, entries: 0, note: None });
    }
    let mut edge = Edge::resume(head.size, &edge_tiles(c, &head).await?)?;
    let mut changed: Vec<(Tile, Vec<Hash>)> = Vec::new();
    for one in &taken {
        changed.extend(edge.push(leaf_hash(&one.bytes)));
    }
    changed.extend(edge.partial().map(|(tile, hashes)| (tile, hashes.to_vec())));
    tiles::put(c, head.id, &changed).await?;
    append(c, &head, &taken).await?;
    let now = ctx.now();
    entries::number(c, head.id, head.size, &taken, now).await?;
    let next = Checkpoint::new(&head.origin, edge.size(), edge.root());
    let last = Checkpoint::open(head.note.as_bytes(), &Log::of(head.key.parse()?))?;
    let proof = consistency(c, head.id, (last.size, next.size)).await?;
    let note = sign_next(&key, Some(&last), &next, &proof)?;
    logs::grow(c, head.id, &Signed { size: next.size, root: next.root, note: note.clone(), at: now }).await?;
    let sealed = u64::try_from(taken.len()).unwrap_or(u64::MAX);
    // Boards and pages of these places show from now on that it can be checked.
    for place in told(taken.into_iter().map(|one| one.place_path).collect()) {
        let facts = json!({ "log": head.id.to_string(), "size": next.size, "entries": sealed });
        tx.journal(ctx.line("record.sealed", &place, None, facts));
    }
    Ok(Grown { log: head.id, entries: sealed, note: Some(note) })
}

/// Of a store that was set back nothing is signed: what others have seen would not follow from it.
async fn must_extend(tx: &mut Tx, keeper: &LogKeeper, head: &LogHead) -> Result<(), RecordError> {
    let Some(note) = keeper.witness().last(head.id).map_err(RecordError::Witness)? else { return Ok(()) };
    // Kept of a log that another database had in this place: its key is another.
    let seen = Checkpoint::open(note.as_bytes(), &Log::of(head.key.parse()?))?;
    let then = logs::signed_at(&mut tx.conn()?, head.id, seen.size).await?.map(|signed| signed.root);
    Ok(rules::must_extend((seen.size, seen.root), head.size, then)?)
}

/// The tiles of a log that are not full.
async fn edge_tiles(c: &mut linli_db::Conn<'_>, head: &LogHead) -> Result<BTreeMap<(u8, u64), Vec<Hash>>, RecordError> {
    let mut found = BTreeMap::new();
    let mut level = 0_u8;
    while let Some(hashes) = head.size.checked_shr(u32::from(level) * 8).filter(|hashes| *hashes > 0) {
        let index = hashes / BUNDLE;
        if hashes % BUNDLE > 0
            && let Some(tile) = tiles::hashes(c, head.id, (level, index)).await?
        {
            found.insert((level, index), tile);
        }
        level += 1;
    }
    Ok(found)
}

/// Writes the bytes of new entries behind those that are there.
async fn append(c: &mut linli_db::Conn<'_>, head: &LogHead, taken: &[Waiting]) -> Result<(), RecordError> {
    let mut index = head.size / BUNDLE;
    let there = if !head.size.is_multiple_of(BUNDLE) { tiles::bundle(c, head.id, index).await? } else { None };
    let there = there.unwrap_or_default();
    let mut held: Vec<&[u8]> = if there.is_empty() {
        Vec::new()
    } else {
        let tile = Tile { level: 0, index, width: 1 };
        decode_bundle(&there).ok_or(linli_publiclog::LogError::TileMissing { tile })?
    };
    let full = usize::try_from(BUNDLE).unwrap_or(usize::MAX);
    for one in taken {
        held.push(&one.bytes);
        if held.len() == full {
            tiles::put_bundle(c, head.id, (index, &encode_bundle(held.drain(..))?)).await?;
            index += 1;
        }
    }
    if !held.is_empty() {
        tiles::put_bundle(c, head.id, (index, &encode_bundle(held)?)).await?;
    }
    Ok(())
}

/// The proof that a log begins with what it was; none is needed of the empty one.
async fn consistency(c: &mut linli_db::Conn<'_>, log: LogId, (old, size): (u64, u64)) -> Result<Vec<Hash>, RecordError> {
    if old == 0 {
        return Ok(Vec::new());
    }
    let mut found = BTreeMap::new();
    for tile in tiles_for_consistency(old, size)? {
        if let Some(hashes) = tiles::hashes(c, log, (tile.level, tile.index)).await? {
            found.insert((tile.level, tile.index), hashes);
        }
    }
    Ok(linli_publiclog::Tree::new(&found, size).consistency(old)?)
}

/// Each of a few places, or what is above all of them.
fn told(places: BTreeSet<PlacePath>) -> Vec<PlacePath> {
    if places.len() <= rules::PLACES_TOLD {
        return places.into_iter().collect();
    }
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Vec::new() };
    // In order: what the first and the last share, all share.
    let mut above = first.clone();
    while !above.contains(last) {
        match above.parent() {
            Some(parent) => above = parent,
            None => return vec![PlacePath::root()],
        }
    }
    vec![above]
}

/// Gives numbers to all that waits, in every district, and says to how many. A district whose log refuses keeps no other from its turn.
///
/// # Errors
/// The first of those of [`seal`], when every district had its turn.
pub async fn seal_all(ctx: &Ctx, db: &Db, keeper: &LogKeeper) -> Result<u64, RecordError> {
    let districts = entries::districts_waiting(&mut db.read().await?.conn()).await?;
    let (mut sealed, mut first) = (0, None);
    for district in districts {
        match seal_district(ctx, db, keeper, district).await {
            Ok(entries) => sealed += entries,
            Err(error) => {
                tracing::error!(%district, %error, "what was published there gets no number");
                first = first.or(Some(error));
            }
        }
    }
    match first {
        Some(error) => Err(error),
        None => Ok(sealed),
    }
}

async fn seal_district(ctx: &Ctx, db: &Db, keeper: &LogKeeper, district: DistrictId) -> Result<u64, RecordError> {
    let mut sealed = 0;
    loop {
        let mut tx = db.begin(district).await?;
        let grown = seal(ctx, &mut tx, keeper, rules::BATCH).await?;
        let Some(note) = grown.note else { return Ok(sealed) };
        tx.commit().await?;
        // Only what is on disk: a checkpoint that was kept and is not there would stop the log.
        keeper.witness().keep(grown.log, &note).map_err(RecordError::Witness)?;
        sealed += grown.entries;
    }
}

/// Makes the keys of those of these districts that have none, and gives the logs that were begun. At the start of the program.
///
/// # Errors
/// Those of [`open`].
pub async fn open_all(ctx: &Ctx, db: &Db, keeper: &LogKeeper, districts: &[DistrictId]) -> Result<Vec<LogHead>, RecordError> {
    let there = logs::all(&mut db.read().await?.conn()).await?;
    let mut begun = Vec::new();
    for district in districts {
        if there.iter().all(|head| head.id.district != *district) {
            let mut tx = db.begin(*district).await?;
            let head = open(ctx, &mut tx, keeper).await?;
            tx.commit().await?;
            begun.push(head);
        }
    }
    Ok(begun)
}

/// Ends the log of the transaction's district and begins another with a key of its own (另起日志), when the store was set back behind what was signed. What
/// has a number keeps it and stays provable in the old log up to the last checkpoint that the store knows; the first entry of the new one says what it follows.
///
/// # Errors
/// `Denied` for anybody but the program itself and the administrator; `NotFound` where no log was ever begun; store errors.
pub async fn begin_anew(ctx: &Ctx, tx: &mut Tx, keeper: &LogKeeper) -> Result<LogHead, RecordError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Rules, district, &PlacePath::root())?;
    let (old, _) = logs::lock(&mut tx.conn()?, district).await?.ok_or(RecordError::NotFound)?;
    let seen = keeper.witness().last(old.id).map_err(RecordError::Witness)?;
    logs::end(&mut tx.conn()?, old.id, ctx.now()).await?;
    let head = begin(ctx, tx, keeper, LogId { district, no: old.id.no + 1 }).await?;
    let public =
        json!({ "follows": old.origin, "size": old.size, "root": old.root.to_string(), "checkpoint": old.note, "seen": seen });
    let what = Publish {
        kind: "record.log_continued",
        subject: Uuid::from_u128(u128::from(head.id.no.unsigned_abs())),
        place: PlacePath::root(),
        public: public.to_string().into_bytes(),
        sealed: None,
        page: Some(old.prefix()),
    };
    publish(ctx, tx, what).await?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(numbers: &[u32]) -> PlacePath {
        numbers.iter().try_fold(PlacePath::root(), |p, n| p.child(*n)).unwrap()
    }

    #[test]
    fn a_few_places_are_told_and_of_many_what_is_above_them() {
        assert_eq!(told(BTreeSet::from([path(&[1, 2]), path(&[1, 3])])), [path(&[1, 2]), path(&[1, 3])]);
        let many: BTreeSet<PlacePath> = (1..40).map(|n| path(&[1, 2, 3, n])).collect();
        assert_eq!(told(many), [path(&[1, 2, 3])]);
        let apart: BTreeSet<PlacePath> = (1..40).map(|n| path(&[n])).collect();
        assert_eq!(told(apart), [PlacePath::root()]);
        assert_eq!(told(BTreeSet::new()), Vec::<PlacePath>::new());
    }
}
