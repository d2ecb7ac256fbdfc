//! Cases from files: 报事、工单 of another system, row by row.
//!
//! What always holds here: every row is answered exactly once, in the order of the file; a rejected row leaves nothing behind;
//! the same file again changes nothing; the word that the source had for a state is kept; a dry run writes nothing; a batch is one
//! transaction with one journal line. A load that breaks off has kept whole batches and can be run again.

pub(crate) mod batch;
mod classed;
pub mod classes;
pub(crate) mod decided;
mod hotline;
pub(crate) mod row;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use linli_access::{Action, Ctx, Resource};
use linli_db::Db;
use linli_geo::Shape;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_sheet::{
    FieldError, FieldKind, FieldSpec, Lang, Limits, Mapping, MappingError, Origin, Outcome, Report, Row, Schema, SheetError,
    Source, Totals,
};
use linli_webkit::T;

use crate::error::CasesError;
use crate::model::MessageList;
use crate::neighbours::Neighbours;
use crate::office::Office;
use crate::store::messages;
use batch::Batch;
pub use hotline::{TicketImport, ticket_schema};

/// Rows of one transaction.
const BATCH_ROWS: usize = 5_000;
/// So many rows may share one point; beyond it the point is probably an office or a middle, not the spot.
const SHARED_POINT_MAX: usize = 25;

/// The system of cases that were reported here: their `external_id` is our number. Such rows are compared, never taken over:
/// what happened to a case here is not told by a file.
pub const OWN_SYSTEM: &str = "linli";

/// The mapping for a raw export of Los Angeles 311 requests.
pub const LA_311: &str = include_str!("../../mappings/la-311.toml");
/// The mapping for New York 311 requests, as CSV or JSON.
pub const NYC_311: &str = include_str!("../../mappings/nyc-311.toml");

/// The states a file may put a case into.
const STATES: &[&str] = &[
    "reported",
    "pre_filing_check",
    "filed",
    "dispatched",
    "handling",
    "feedback",
    "closing_check",
    "awaiting_confirmation",
    "closed",
    "void",
    "returned",
    "reworked",
    "merged",
    "joined",
    "extended",
    "suspended",
    "reopened",
];

/// The fields of the own format, and what a mapping may fill.
#[must_use]
pub fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(
        "cases",
        [
            FieldSpec::new("system", FieldKind::Text).aliases(&["来源系统"]).max_chars(100),
            FieldSpec::new("external_id", FieldKind::Identifier).required().aliases(&["工单编号", "编号"]).max_chars(100),
            FieldSpec::new("place", FieldKind::Text).aliases(&["地点"]).max_chars(200),
            FieldSpec::new("class", FieldKind::Text).aliases(&["类别"]).max_chars(200),
            FieldSpec::new("message_class", FieldKind::Text).aliases(&["热线分类"]).max_chars(200),
            FieldSpec::new("matter", FieldKind::Identifier).aliases(&["事项代码"]).max_chars(60),
            FieldSpec::new("title", FieldKind::Text).aliases(&["标题"]).max_chars(200),
            FieldSpec::new("description", FieldKind::Text).aliases(&["内容"]).max_chars(crate::commands::DESCRIPTION_MAX),
            FieldSpec::new("status", FieldKind::Text).required().aliases(&["状态"]).max_chars(100),
            FieldSpec::new("state", FieldKind::Choice(STATES)),
            FieldSpec::new("reported_at", FieldKind::Instant).required().aliases(&["上报时间"]),
            FieldSpec::new("due_at", FieldKind::Instant).aliases(&["办结时限"]),
            FieldSpec::new("closed_at", FieldKind::Instant).aliases(&["办结时间"]),
            FieldSpec::new("updated_at", FieldKind::Instant),
            FieldSpec::new("location", FieldKind::Point).aliases(&["lon", "lat", "经度", "纬度"]),
            FieldSpec::new("address", FieldKind::Text).aliases(&["地址"]).max_chars(300),
            FieldSpec::new("source", FieldKind::Text).aliases(&["来源"]).max_chars(60),
            FieldSpec::new("reporter", FieldKind::Text).aliases(&["联系电话"]).max_chars(40),
        ],
    ))
}

/// How a file is to be taken.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The name of the system that rows come from which name none; with `external_id` it is the key of a case.
    pub system: String,
    /// The place of rows that name none; `None` rejects them.
    pub place: Option<PlacePath>,
    /// The outline that points should lie in; points outside are kept and flagged.
    pub outline: Option<Shape>,
}

/// Why a file could not be taken at all, or a load broke off.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The room refused, or the store.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The mapping does not fit the file.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl From<linli_db::DbError> for ImportError {
    fn from(error: linli_db::DbError) -> Self {
        Self::Cases(error.into())
    }
}

/// What became of a row, with reasons or doubts.
pub(crate) struct Decision {
    pub(crate) outcome: Outcome,
    pub(crate) notes: Vec<FieldError>,
}

impl Decision {
    pub(crate) const fn unchanged() -> Self {
        Self { outcome: Outcome::Unchanged, notes: Vec::new() }
    }

    pub(crate) fn rejected(notes: Vec<FieldError>) -> Self {
        Self { outcome: Outcome::Rejected, notes }
    }
}

/// The sentence for a reason: this room's own codes, then those of the sheet.
#[must_use]
pub fn sentence(t: &T, lang: Lang, error: &FieldError) -> String {
    let key = format!("cases-import-{}", error.code.replace('_', "-"));
    // Asked, not read: a text that is read without what stands in it complains in the log.
    if !t.has(&key) {
        return error.text(lang);
    }
    let mut args: Vec<(&str, linli_webkit::Value<'_>)> =
        error.args().into_iter().map(|(name, value)| (name, value.into())).collect();
    if error.code == "status_unknown" {
        args.push(("states", STATES.join(if lang == Lang::Zh { "、" } else { ", " }).into()));
    }
    t.with(&key, &args)
}

/// Who and what an import works with.
pub struct Import<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// Rules and vault.
    pub office: &'a Office,
    /// Where keys of places are looked up.
    pub neighbours: &'a dyn Neighbours,
    /// The district the rows belong to.
    pub district: DistrictId,
    /// How the file is to be taken.
    pub options: &'a ImportOptions,
    /// The file, which is read a second time for the points that rows share.
    pub origin: &'a Origin,
    /// How large it may be.
    pub limits: &'a Limits,
    /// How reasons are said.
    pub say: &'a (dyn Fn(&FieldError) -> String + Sync),
}

/// What an import remembers from batch to batch.
#[derive(Default)]
pub(crate) struct Memory {
    /// Places by key; `None` for keys that nothing is known under.
    pub(crate) places: HashMap<String, Option<PlacePath>>,
    /// How many rows of the file share each point, counted beforehand.
    pub(crate) shares: Shares,
    /// The 12345 lists that the district goes by, with where each counts.
    pub(crate) lists: Vec<(PlacePath, MessageList)>,
    /// What the file said under each key so far, hashed.
    pub(crate) seen: HashMap<(String, String), Vec<u8>>,
}

impl Memory {
    /// The list that counts at a place: the nearest.
    pub(crate) fn list(&self, place: &PlacePath) -> Option<&MessageList> {
        let above = self.lists.iter().filter(|(at, _)| at.contains(place));
        above.max_by_key(|(at, _)| at.depth()).map(|(_, list)| list)
    }
}

/// Rows per point.
pub(crate) type Shares = HashMap<(i64, i64), usize>;

impl Import<'_> {
    /// Takes a file. `progress` is told how many rows were answered.
    ///
    /// # Errors
    /// When the actor may not import there, the mapping does not fit the file, the file breaks off, or the store fails; whole
    /// batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ImportError> {
        let top = self.options.place.clone().unwrap_or_default();
        self.ctx.may(Action::Import, Resource::Case, self.district, &top).map_err(CasesError::from)?;
        let bound = mapping.bind(source.headers(), source.format())?;
        let mut memory = Memory { shares: self.shares(mapping)?, lists: self.lists().await?, ..Memory::default() };
        let mut waiting: Vec<(Row, Result<linli_sheet::Record, Vec<FieldError>>)> = Vec::with_capacity(BATCH_ROWS);
        let mut answered = 0;
        for row in source {
            let row = row?;
            let record = bound.apply(&row);
            waiting.push((row, record));
            if waiting.len() == BATCH_ROWS {
                answered += self.answer(std::mem::take(&mut waiting), &mut memory, report).await?;
                progress(answered);
            }
        }
        answered += self.answer(waiting, &mut memory, report).await?;
        progress(answered);
        Ok(report.totals())
    }

    async fn answer<W: Write + Send>(
        &self,
        rows: Vec<(Row, Result<linli_sheet::Record, Vec<FieldError>>)>,
        memory: &mut Memory,
        report: &mut Report<W>,
    ) -> Result<u64, ImportError> {
        let (rows, records): (Vec<Row>, Vec<_>) = rows.into_iter().unzip();
        let mut tx = self.db.begin(self.district).await?;
        let decisions = Batch { import: self, memory }.decide(&mut tx, records).await?;
        // A dry run has looked everything up and numbered everything; dropped, none of it happened.
        if !self.options.dry_run {
            tx.commit().await?;
        }
        let mut count = 0;
        for (row, decision) in rows.iter().zip(decisions) {
            let reasons: Vec<String> = decision.notes.iter().map(self.say).collect();
            report.answer_in_words(row, decision.outcome, &reasons)?;
            count += 1;
        }
        Ok(count)
    }

    async fn lists(&self) -> Result<Vec<(PlacePath, MessageList)>, ImportError> {
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let mut lists = Vec::new();
        for (keeper, at) in messages::places(c, self.district).await? {
            let list = messages::list_of(c, keeper, &at).await?;
            lists.push((at, list));
        }
        Ok(lists)
    }

    /// Reads the file once for its points alone, so that a point that very many share is doubted in the first row already.
    fn shares(&self, mapping: &Mapping) -> Result<Shares, ImportError> {
        let source = Source::open(self.origin, mapping.hints(), self.limits)?;
        let bound = mapping.bind(source.headers(), source.format())?;
        let mut shares = Shares::new();
        if !bound.fills("location") {
            return Ok(shares);
        }
        for row in source {
            let Ok(row) = row else { break };
            if let Some(point) = bound.apply(&row).ok().and_then(|record| record.point("location").map(|l| l.point)) {
                *shares.entry((i64::from(point.lon_e7), i64::from(point.lat_e7))).or_default() += 1;
            }
        }
        shares.retain(|_, rows| *rows > SHARED_POINT_MAX);
        Ok(shares)
    }

    pub(crate) fn now(&self) -> Ts {
        self.ctx.now()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use linli_webkit::{Locale, Texts};
    use tracing::span;

    use super::*;

    /// Counts what is written to the log.
    #[derive(Default, Clone)]
    struct Log(Arc<AtomicUsize>);

    impl tracing::Subscriber for Log {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    /// The reason of a row is said with what stands in it, and nothing complains in the log of a text that is not filled in.
    #[test]
    fn a_reason_with_a_value_is_said_quietly() {
        let t = Arc::new(Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, crate::TEXTS]).unwrap()).in_locale(Locale::ZhCn);
        let log = Log::default();
        let said = tracing::subscriber::with_default(log.clone(), || {
            sentence(&t, Lang::Zh, &FieldError::new("place", "place_unknown").value("甲乙"))
        });
        assert_eq!((said.as_str(), log.0.load(Ordering::SeqCst)), ("没有“甲乙”这个地点", 0));
    }

    /// Whoever wrote a word for a state that nobody knows is told which ones there are, and where others are translated.
    #[test]
    fn an_unknown_state_is_told_which_there_are() {
        let texts = Arc::new(Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, crate::TEXTS]).unwrap());
        for (locale, lang, mapping) in [(Locale::ZhCn, Lang::Zh, "对照"), (Locale::En, Lang::En, "mapping")] {
            let said =
                sentence(&texts.clone().in_locale(locale), lang, &FieldError::new("status", "status_unknown").value("open"));
            assert!(said.contains("open") && said.contains(mapping), "{said}");
            assert!(STATES.iter().all(|state| said.contains(state)), "{said}");
        }
    }
}
