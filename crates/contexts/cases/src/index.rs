//! The words of cases (全文检索): an index that follows the journal, so that no report waits for it.
//!
//! What always holds here: only title, description and number are read; a batch is on disk with the cursor that passes it or not at
//! all; what two processes prepare at once is written by one of them. What the index says is only where to look: whoever asks it
//! reads the case itself before he shows it, so that what it says too late is never said wrongly.

use std::collections::{BTreeMap, HashMap, HashSet};

use linli_db::{Conn, Cursor, Db, DbError, Tx, journal};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_search::{BLOCK_TEXTS, Block, tokens};
use sha2::{Digest as _, Sha256};

use crate::error::CasesError;
use crate::model::{Case, CaseId};
use crate::store::words::{self, CaseText, Doc};

/// Cases of a batch at most: as many as a block, so that a whole block is written once.
const BATCH: i64 = 4096;
/// The cursor is stored without a case to be read when it lags so many lines behind: searches look through these lines.
const WORTH_STORING: i64 = 500;
/// Places of which level are words of the index. What is asked about a place below is looked for in its estate.
const PLACES: [PlaceLevel; 3] = [PlaceLevel::Subdistrict, PlaceLevel::Community, PlaceLevel::Estate];

/// The block of a number of the index, and where it stands in it.
pub(crate) fn stands(doc: i64) -> (i64, u16) {
    let size = i64::from(BLOCK_TEXTS);
    (doc.div_euclid(size), u16::try_from(doc.rem_euclid(size)).unwrap_or(0))
}

/// The number at this place of a block.
pub(crate) fn number_at(block: i64, place: u16) -> i64 {
    block.saturating_mul(i64::from(BLOCK_TEXTS)).saturating_add(i64::from(place))
}

/// What a case is besides its words. A mark begins with a sign, so that it is never a token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// Open, or ended.
    Open(bool),
    /// In this state.
    State(&'a str),
    /// Of this class.
    Class(&'a str),
    /// Came by this way.
    Channel(&'a str),
    /// Whoever has it has it in this role.
    Role(&'a str),
    /// Under this place; nothing narrower than an estate is told apart.
    Under(&'a PlacePath),
}

impl Mark<'_> {
    /// The word under which the index has it; `None` where everything has it.
    pub(crate) fn word(&self) -> Option<String> {
        match self {
            Self::Open(true) => Some("=open".to_owned()),
            Self::Open(false) => Some("=ended".to_owned()),
            Self::State(state) => Some(format!("=s {state}")),
            Self::Class(class) => Some(format!("=c {class}")),
            Self::Channel(channel) => Some(format!("=v {channel}")),
            Self::Role(role) => Some(format!("=r {role}")),
            Self::Under(place) => {
                let place = place.at_level(PlaceLevel::Estate);
                (place.depth() >= PlaceLevel::Subdistrict.depth()).then(|| format!("/{place}"))
            }
        }
    }
}

/// The marks of a case, as they are kept: one a line, the narrowest place last.
fn marks(case: &CaseText) -> String {
    let role = case.owner_role.as_deref();
    let plain = [
        Some(Mark::Open(case.closed_at.is_none())),
        Some(Mark::State(&case.state)),
        Some(Mark::Class(&case.class)),
        Some(Mark::Channel(&case.channel)),
        role.map(Mark::Role),
    ];
    let mut lines: Vec<String> =
        plain.into_iter().flatten().filter_map(|mark| mark.word()).map(|word| word.replace('\n', " ")).collect();
    lines.extend(
        PLACES
            .into_iter()
            .filter(|level| case.place.depth() >= level.depth())
            .filter_map(|level| Mark::Under(&case.place.at_level(level)).word()),
    );
    lines.join("\n")
}

/// The text of a case as it is looked through.
pub(crate) fn text(title: &str, description: &str, number: &str) -> String {
    // A title that was made from the description says nothing new.
    if description.starts_with(title.trim_end_matches('…')) {
        format!("{description}\n{number}")
    } else {
        format!("{title}\n{description}\n{number}")
    }
}

fn hash(text: &str) -> i64 {
    let hash = Sha256::digest(text.as_bytes());
    hash.first_chunk::<8>().map_or(0, |eight| i64::from_le_bytes(*eight))
}

/// Which part of the work a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// Lines up to this number were read.
    Journal(i64),
    /// These were written without a line.
    Unread(Vec<CaseId>),
    /// Cases from before the index, up to this id; `None` when they end here.
    Fill(Option<CaseId>),
}

/// A batch ready to be written.
struct Batch {
    edition: i64,
    source: Source,
    /// Numbers to be taken.
    fresh: i64,
    docs: Vec<Doc>,
    words: BTreeMap<At, Vec<u8>>,
}

/// What a look for the index came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// Nothing was left.
    Nothing,
    /// What happened lately, and is looked for now.
    News,
    /// What files brought in or was there before the index: nobody waits for it.
    Backlog,
}

/// Reads for the index what has happened since, a batch at most, in a transaction of its own. Come again until it was
/// [`Indexed::Nothing`].
///
/// # Errors
/// Store errors. What was written until then stays.
pub async fn index_words(db: &Db, district: DistrictId) -> Result<Indexed, CasesError> {
    let Some(batch) = prepare(db, district).await? else { return Ok(Indexed::Nothing) };
    let indexed = if matches!(batch.source, Source::Journal(_)) { Indexed::News } else { Indexed::Backlog };
    let mut tx = db.begin(district).await?;
    // Somebody else wrote meanwhile: what was prepared here is old, and dropped. The row lets the second wait for the first.
    if tx.next_number(words::EDITION).await? != batch.edition + 1 {
        return Ok(indexed);
    }
    write(&mut tx, &batch).await?;
    tx.commit().await?;
    Ok(indexed)
}

async fn write(tx: &mut Tx, batch: &Batch) -> Result<(), CasesError> {
    let district = tx.district();
    if batch.fresh > 0 {
        tx.reserve_numbers(words::NUMBERS, batch.fresh).await?;
    }
    let c = &mut tx.conn()?;
    words::put_docs(c, district, &batch.docs).await?;
    words::put_words(c, district, &batch.words).await?;
    match &batch.source {
        Source::Journal(seq) => Cursor { seq: *seq }.store(c, district, words::READER).await?,
        Source::Unread(ids) => words::strike_unread(c, district, ids).await?,
        Source::Fill(after) => words::set_filled(c, district, *after).await?,
    }
    Ok(())
}

/// Everything that can be done before the one writer is asked for.
async fn prepare(db: &Db, district: DistrictId) -> Result<Option<Batch>, DbError> {
    let mut read = db.read().await?;
    let c = &mut read.conn();
    let edition = words::counted(c, district, words::EDITION).await?;
    let taken = words::counted(c, district, words::NUMBERS).await?;
    let Some((ids, source)) = next(c, district, taken).await? else { return Ok(None) };
    let texts = words::texts(c, district, &ids).await?;
    let known = words::docs_of(c, district, &ids).await?;
    let mut changes = aside(move || Changes::of(texts, known, taken)).await?;
    let mut there = HashMap::new();
    // Blocks that no number was taken of hold nothing.
    for (block, words) in changes.words_up_to(stands(taken).0) {
        there.extend(words::of_block(c, district, block, &words).await?.into_iter().map(|(word, docs)| ((block, word), docs)));
    }
    let (docs, fresh) = (std::mem::take(&mut changes.docs), changes.fresh);
    let words = aside(move || changes.on(there)).await?;
    Ok(Some(Batch { edition, source, fresh, docs, words }))
}

/// Whether nothing is left to be read for the index, so that it can be compared with the cases.
pub(crate) async fn is_up_to_date(c: &mut Conn<'_>, district: DistrictId) -> Result<bool, DbError> {
    let behind = words::behind(c, district).await?;
    Ok(!behind.unread && words::spoken_of(c, district, (behind.read, behind.last)).await?.is_empty())
}

/// The numbers of those of these cases that the index does not have as they are. Of the first it is also asked whether each of its words
/// finds it.
pub(crate) async fn strays(c: &mut Conn<'_>, district: DistrictId, cases: &[Case]) -> Result<Vec<String>, DbError> {
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    let known: HashMap<CaseId, Doc> = words::docs_of(c, district, &ids).await?.into_iter().map(|doc| (doc.case, doc)).collect();
    let mut strays = Vec::new();
    for (n, case) in cases.iter().map(CaseText::from).enumerate() {
        let text = text(&case.title, &case.description, &case.number);
        let there = known.get(&case.id).filter(|doc| doc.text_hash == hash(&text) && doc.marks == marks(&case));
        let found = match there {
            Some(doc) if n == 0 => is_found(c, district, doc, &text).await?,
            there => there.is_some(),
        };
        if !found {
            strays.push(case.number);
        }
    }
    Ok(strays)
}

async fn is_found(c: &mut Conn<'_>, district: DistrictId, doc: &Doc, text: &str) -> Result<bool, DbError> {
    let (block, place) = stands(doc.doc);
    let tokens = tokens(text);
    let wanted: Vec<&str> = doc.marks.lines().chain(tokens.iter().map(String::as_str)).collect();
    let there = words::of_block(c, district, block, &wanted).await?;
    Ok(there.iter().filter(|(_, docs)| docs.contains(place)).count() == wanted.len())
}

/// Does what only counts and compares away from those who answer requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, DbError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| DbError::Unavailable(None))
}

/// The cases to be read next, and what is done when they were.
async fn next(c: &mut Conn<'_>, district: DistrictId, taken: i64) -> Result<Option<(Vec<CaseId>, Source)>, DbError> {
    // The last number first: a line that comes meanwhile is read the next time and never passed by.
    let last = journal::last_seq(c, district).await?;
    let read = Cursor::load(c, district, words::READER).await?.seq;
    let to = last.min(read.saturating_add(BATCH));
    let spoken_of = words::spoken_of(c, district, (read, to)).await?;
    if !spoken_of.is_empty() || to - read >= WORTH_STORING {
        return Ok(Some((spoken_of, Source::Journal(to))));
    }
    // To the end of the block that was begun, so that later ones are written whole.
    let room = BATCH - i64::from(stands(taken + 1).1);
    let unread = words::unread(c, district, room).await?;
    if !unread.is_empty() {
        return Ok(Some((unread.clone(), Source::Unread(unread))));
    }
    let Some(after) = words::filled_to(c, district).await? else { return Ok(None) };
    let ids = words::ids_after(c, district, after, room).await?;
    let end = ids.last().copied();
    Ok(Some((ids, Source::Fill(end))))
}

/// What a word gains and loses in a block.
#[derive(Debug, Default)]
struct Delta {
    gains: Vec<u16>,
    loses: Vec<u16>,
}

impl Delta {
    /// What stands under the word afterwards.
    fn on(&self, mut stands: Block) -> Block {
        self.loses.iter().for_each(|place| stands.remove(*place));
        self.gains.iter().for_each(|place| stands.insert(*place));
        stands
    }
}

/// A word of a block.
type At = (i64, String);

/// What a batch changes in the index.
#[derive(Debug, Default)]
struct Changes {
    docs: Vec<Doc>,
    words: HashMap<At, Delta>,
    /// Numbers to be taken.
    fresh: i64,
}

impl Changes {
    fn of(texts: Vec<CaseText>, known: Vec<Doc>, taken: i64) -> Self {
        let known: HashMap<CaseId, Doc> = known.into_iter().map(|doc| (doc.case, doc)).collect();
        let mut changes = Self::default();
        // In the order of reports, so that the newest has the highest number.
        let mut texts = texts;
        texts.sort_by_key(|case| case.id);
        for case in &texts {
            let (text, marks) = (text(&case.title, &case.description, &case.number), marks(case));
            let text_hash = hash(&text);
            let there = known.get(&case.id);
            if there.is_some_and(|doc| doc.text_hash == text_hash && doc.marks == marks) {
                continue;
            }
            let doc = match there.filter(|doc| doc.text_hash == text_hash) {
                Some(doc) => doc.doc,
                None => {
                    changes.fresh += 1;
                    let doc = taken + changes.fresh;
                    tokens(&text).into_iter().for_each(|word| changes.gain(doc, word));
                    doc
                }
            };
            let (before, after): (HashSet<&str>, HashSet<&str>) =
                (there.map(|doc| doc.marks.lines().collect()).unwrap_or_default(), marks.lines().collect());
            for old in there.into_iter() {
                let lost = before.iter().filter(|word| old.doc != doc || !after.contains(*word));
                lost.for_each(|word| changes.lose(old.doc, (*word).to_owned()));
            }
            let kept = there.is_some_and(|old| old.doc == doc);
            after.iter().filter(|word| !kept || !before.contains(*word)).for_each(|word| changes.gain(doc, (*word).to_owned()));
            changes.docs.push(Doc { doc, case: case.id, marks, text_hash });
        }
        changes
    }

    fn gain(&mut self, doc: i64, word: String) {
        let (block, place) = stands(doc);
        self.words.entry((block, word)).or_default().gains.push(place);
    }

    fn lose(&mut self, doc: i64, word: String) {
        let (block, place) = stands(doc);
        self.words.entry((block, word)).or_default().loses.push(place);
    }

    /// The words of blocks that something may stand in already.
    fn words_up_to(&self, block: i64) -> BTreeMap<i64, Vec<&str>> {
        let mut words: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
        for (at, word) in self.words.keys().filter(|(at, _)| *at <= block) {
            words.entry(*at).or_default().push(word);
        }
        words
    }

    /// Puts what changes together with what stands there, as it is to be written.
    fn on(self, mut there: HashMap<At, Block>) -> BTreeMap<At, Vec<u8>> {
        let mut stands = |(at, delta): (At, Delta)| {
            let block = delta.on(there.remove(&at).unwrap_or_default());
            (at, block.to_bytes())
        };
        self.words.into_iter().map(&mut stands).collect()
    }
}
