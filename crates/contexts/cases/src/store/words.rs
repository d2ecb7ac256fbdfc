//! The words of cases: which number of the index is which case, and which numbers hold a word.

use std::collections::BTreeMap;

use linli_db::{Bulk, Column, Conn, Cursor, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_search::Block;
use sqlx::AssertSqlSafe;

use crate::model::{Case, CaseId};

/// The name of the reader that keeps the index.
pub(crate) const READER: &str = "cases.words";
/// Counts every writing to the index, so that two who prepared at once are told apart.
pub(crate) const EDITION: &str = "cases.words/edition";
/// Gives cases their numbers in the index, from 1.
pub(crate) const NUMBERS: &str = "cases.words/doc";

/// Values of one `IN` list: long enough to be few statements, short enough for the limits of both engines.
const ASK: usize = 400;

/// What is read of a case to be indexed. The contact and the notes are not among it.
#[derive(Debug, linli_db::FromRow)]
pub(crate) struct CaseText {
    pub(crate) id: CaseId,
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) state: String,
    pub(crate) class: String,
    pub(crate) channel: String,
    pub(crate) owner_role: Option<String>,
    #[row(column = "place_path")]
    pub(crate) place: PlacePath,
    pub(crate) closed_at: Option<Ts>,
}

impl From<&Case> for CaseText {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id,
            number: case.number.clone(),
            title: case.title.clone(),
            description: case.description.clone(),
            state: case.state.as_str().to_owned(),
            class: case.class.clone(),
            channel: case.channel.clone(),
            owner_role: case.owner.as_ref().map(|owner| owner.role.as_str().to_owned()),
            place: case.place.clone(),
            closed_at: case.closed_at,
        }
    }
}

/// A case as it stands in the index.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct Doc {
    pub(crate) doc: i64,
    #[row(column = "case_id")]
    pub(crate) case: CaseId,
    pub(crate) marks: String,
    pub(crate) text_hash: i64,
}

/// A statement about the ids, some at a time: `$1` is the district, the ids follow.
macro_rules! by_ids {
    ($c:expr, $district:expr, $ids:expr, $row:ty, $head:literal) => {{
        let mut found: Vec<$row> = Vec::new();
        for some in $ids.chunks(ASK) {
            let text = format!(concat!($head, " IN ({})"), marks(some.len(), 2));
            let rows: Vec<$row> = sql!($c, x => {
                let mut query = sqlx::query_as::<_, $row>(AssertSqlSafe(text)).bind($district);
                for id in some {
                    query = query.bind(*id);
                }
                query.fetch_all(x).await
            })?;
            found.extend(rows);
        }
        found
    }};
}

/// `$first, $first+1, …`.
fn marks(count: usize, first: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// The last number taken of a counter; 0 before the first.
pub(crate) async fn counted(c: &mut Conn<'_>, district: DistrictId, scope: &str) -> Result<i64> {
    let last: Option<i64> = sql!(c, x => sqlx::query_scalar("SELECT last FROM number_counter WHERE district_id = $1 AND scope = $2")
        .bind(district).bind(scope).fetch_optional(x).await)?;
    Ok(last.unwrap_or(0))
}

/// The cases that journal lines with numbers above `from` up to `to` speak of, each once.
pub(crate) async fn spoken_of(c: &mut Conn<'_>, district: DistrictId, (from, to): (i64, i64)) -> Result<Vec<CaseId>> {
    let rows: Vec<(CaseId,)> = sql!(c, x => sqlx::query_as(
        "SELECT DISTINCT subject_id FROM journal WHERE district_id = $1 AND seq > $2 AND seq <= $3 AND kind LIKE 'cases.%' \
         AND subject_id IS NOT NULL"
    ).bind(district).bind(from).bind(to).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Cases that were written without a line that names them.
pub(crate) async fn unread(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<CaseId>> {
    let rows: Vec<(CaseId,)> = sql!(c, x => sqlx::query_as(
        "SELECT case_id FROM case_unread WHERE district_id = $1 ORDER BY case_id LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Notes that these cases are to be read for the index.
pub(crate) async fn put_unread(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId]) -> Result<()> {
    Bulk::into("case_unread")
        .ints("district_id", ids.iter().map(|_| district.0))
        .ids("case_id", ids.iter().map(|id| id.0))
        .on_conflict("ON CONFLICT (district_id, case_id) DO NOTHING")
        .write(c)
        .await
        .map(|_| ())
}

/// Strikes out what was read.
pub(crate) async fn strike_unread(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId]) -> Result<()> {
    for some in ids.chunks(ASK) {
        let text = format!("DELETE FROM case_unread WHERE district_id = $1 AND case_id IN ({})", marks(some.len(), 2));
        sql!(c, x => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(district);
            for id in some {
                query = query.bind(*id);
            }
            query.execute(x).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// After which id the cases from before the index are still to be read; `None` when all are.
pub(crate) async fn filled_to(c: &mut Conn<'_>, district: DistrictId) -> Result<Option<CaseId>> {
    let row: Option<(CaseId,)> = sql!(c, x => sqlx::query_as("SELECT after_id FROM case_fill WHERE district_id = $1")
        .bind(district).fetch_optional(x).await)?;
    Ok(row.map(|(id,)| id))
}

/// Notes how far they were read; `None` that all are.
pub(crate) async fn set_filled(c: &mut Conn<'_>, district: DistrictId, after: Option<CaseId>) -> Result<()> {
    match after {
        Some(after) => {
            exec!(c, sqlx::query("UPDATE case_fill SET after_id = $2 WHERE district_id = $1").bind(district).bind(after))
        }
        None => exec!(c, sqlx::query("DELETE FROM case_fill WHERE district_id = $1").bind(district)),
    }
    .map(|_| ())
}

/// Ids after an id, in order.
pub(crate) async fn ids_after(c: &mut Conn<'_>, district: DistrictId, after: CaseId, limit: i64) -> Result<Vec<CaseId>> {
    let rows: Vec<(CaseId,)> = sql!(c, x => sqlx::query_as(
        "SELECT id FROM case_file WHERE district_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What is to be indexed of these cases.
pub(crate) async fn texts(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId]) -> Result<Vec<CaseText>> {
    Ok(by_ids!(
        c,
        district,
        ids,
        CaseText,
        "SELECT id, number, title, description, state, class, channel, owner_role, place_path, closed_at FROM case_file \
         WHERE district_id = $1 AND id"
    ))
}

/// How these cases stand in the index, those that do.
pub(crate) async fn docs_of(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId]) -> Result<Vec<Doc>> {
    Ok(by_ids!(c, district, ids, Doc, "SELECT doc, case_id, marks, text_hash FROM case_doc WHERE district_id = $1 AND case_id"))
}

/// Which cases these numbers are. A number that was given up is none.
pub(crate) async fn cases_of(c: &mut Conn<'_>, district: DistrictId, docs: &[i64]) -> Result<Vec<(i64, CaseId)>> {
    Ok(by_ids!(c, district, docs, (i64, CaseId), "SELECT doc, case_id FROM case_doc WHERE district_id = $1 AND doc"))
}

type WordRow = (i64, String, Vec<u8>);

/// Which numbers of these blocks hold a word.
pub(crate) async fn holders(c: &mut Conn<'_>, district: DistrictId, word: &str, blocks: &[i64]) -> Result<BTreeMap<i64, Block>> {
    let mut found = BTreeMap::new();
    for some in blocks.chunks(ASK) {
        let text = format!(
            "SELECT block, word, docs FROM case_word WHERE district_id = $1 AND word = $2 AND block IN ({})",
            marks(some.len(), 3)
        );
        let rows: Vec<WordRow> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(word);
            for block in some {
                query = query.bind(*block);
            }
            query.fetch_all(x).await
        })?;
        for (block, word, docs) in rows {
            found.insert(block, read(&word, &docs)?);
        }
    }
    Ok(found)
}

/// What stands under these words of a block.
pub(crate) async fn of_block(c: &mut Conn<'_>, district: DistrictId, block: i64, words: &[&str]) -> Result<Vec<(String, Block)>> {
    let mut found = Vec::new();
    for some in words.chunks(ASK) {
        let text = format!(
            "SELECT block, word, docs FROM case_word WHERE district_id = $1 AND block = $2 AND word IN ({})",
            marks(some.len(), 3)
        );
        let rows: Vec<WordRow> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(block);
            for word in some {
                query = query.bind(*word);
            }
            query.fetch_all(x).await
        })?;
        for (_, word, docs) in rows {
            let block = read(&word, &docs)?;
            found.push((word, block));
        }
    }
    Ok(found)
}

fn read(word: &str, docs: &[u8]) -> Result<Block> {
    Block::from_bytes(docs).ok_or_else(|| DbError::Inconsistent { table: "case_word", column: "docs", row: word.to_owned() })
}

/// Writes what now stands under words, in the order of block and word.
pub(crate) async fn put_words(c: &mut Conn<'_>, district: DistrictId, words: &BTreeMap<(i64, String), Vec<u8>>) -> Result<()> {
    Bulk::into("case_word")
        .ints("district_id", words.keys().map(|_| district.0))
        .ints("block", words.keys().map(|(block, _)| *block))
        .texts("word", words.keys().map(|(_, word)| word.clone()))
        .column("docs", Column::Bytes(words.values().map(|docs| Some(docs.clone())).collect()))
        .on_conflict("ON CONFLICT (district_id, block, word) DO UPDATE SET docs = excluded.docs")
        .write(c)
        .await
        .map(|_| ())
}

/// Writes how cases now stand in the index; the numbers they had before are given up.
pub(crate) async fn put_docs(c: &mut Conn<'_>, district: DistrictId, docs: &[Doc]) -> Result<()> {
    Bulk::into("case_doc")
        .ints("district_id", docs.iter().map(|_| district.0))
        .ints("doc", docs.iter().map(|doc| doc.doc))
        .ids("case_id", docs.iter().map(|doc| doc.case.0))
        .texts("marks", docs.iter().map(|doc| doc.marks.clone()))
        .ints("text_hash", docs.iter().map(|doc| doc.text_hash))
        .on_conflict(
            "ON CONFLICT (district_id, case_id) DO UPDATE SET doc = excluded.doc, marks = excluded.marks, text_hash = excluded.text_hash",
        )
        .write(c)
        .await
        .map(|_| ())
}

/// How far the index is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Behind {
    /// The last journal line that was read for it.
    pub(crate) read: i64,
    /// The last journal line there is.
    pub(crate) last: i64,
    /// Whether cases wait that no line names.
    pub(crate) unread: bool,
}

/// How far the index is behind.
pub(crate) async fn behind(c: &mut Conn<'_>, district: DistrictId) -> Result<Behind> {
    let read = Cursor::load(c, district, READER).await?.seq;
    let last = linli_db::journal::last_seq(c, district).await?;
    let unread = !unread(c, district, 1).await?.is_empty() || filled_to(c, district).await?.is_some();
    Ok(Behind { read, last, unread })
}
