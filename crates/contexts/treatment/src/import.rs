//! Institutions and returns from files. Every row is answered; a rejected row leaves nothing behind; the same file again changes nothing; a
//! dry run writes nothing. A batch is one transaction for each district its rows belong to.

mod register;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::Arc;

use linli_access::{Action, Ctx};
use linli_db::{Db, DbError, Tx};
use linli_kernel::DistrictId;
use linli_sheet::{
    FieldError, FieldKind, FieldSpec, Mapping, MappingError, Record, Report, Row, Schema, SheetError, Source, Totals,
};
use linli_territory::error::{Answer, Outcome, Problem};
use linli_territory::import::InReport;

use crate::commands::institutions::{self, NewInstitution, NewUnit, Put};
use crate::commands::opening;
use crate::commands::returns::{self, NewReturn, Told};
use crate::error_network::{NetworkError, Wrong};
use crate::model::{Figures, InstitutionKind, Level, Stated};
use crate::network::Network;
use crate::rules::hours;
use crate::store;

/// Rows of a batch.
const BATCH: usize = 5_000;

/// The mappings that ship: name, kind and text.
pub const MAPPINGS: [(&str, NetworkKind, &str); 7] = [
    ("beijing-fever-clinics", NetworkKind::Institutions, include_str!("../mappings/beijing-fever-clinics.toml")),
    ("hhs-hospitals", NetworkKind::Institutions, include_str!("../mappings/hhs-hospitals.toml")),
    ("hhs-week", NetworkKind::Returns, include_str!("../mappings/hhs-week.toml")),
    ("divi-areas", NetworkKind::Institutions, include_str!("../mappings/divi-areas.toml")),
    ("divi-days", NetworkKind::Returns, include_str!("../mappings/divi-days.toml")),
    ("italy-regions", NetworkKind::Institutions, include_str!("../mappings/italy-regions.toml")),
    ("italy-days", NetworkKind::Returns, include_str!("../mappings/italy-days.toml")),
];

/// Words by which files say that a number is known and kept back.
const SUPPRESSED: [&str; 4] = ["-999999", "-999999.0", "suppressed", "不公开"];
/// Words by which files say that nobody knows.
const UNKNOWN: [&str; 6] = ["NA", "N/A", "na", "null", "unknown", "不掌握"];

/// The figures that a file may bring: the fields of the forms that ship.
pub const FIGURES: [&str; 24] = [
    "visits",
    "rooms_open",
    "transfers",
    "observation_beds",
    "observation_used",
    "observation_converted",
    "icu_open",
    "icu_staffed",
    "icu_used",
    "doctors",
    "nurses",
    "calls",
    "vehicle_requests",
    "urgent",
    "non_urgent",
    "diverted",
    "inpatient_beds",
    "inpatient_used",
    "icu_beds",
    "inpatients",
    "icu_patients",
    "icu_free",
    "icu_reserve",
    "icu_admissions",
];

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// Institutions, each with one unit at most.
    Institutions,
    /// Returns.
    Returns,
    /// Treatment grids with their leads.
    TreatmentGrids,
    /// Who belongs to which grid.
    GridMembers,
    /// Which centre looks after which place.
    Catchments,
    /// Staff by training.
    Staff,
    /// What the ledger of beds says.
    Beds,
}

impl NetworkKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Institutions, Self::Returns, Self::TreatmentGrids, Self::GridMembers, Self::Catchments, Self::Staff, Self::Beds];

    /// The word of the command line and of a mapping's `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Institutions => "institutions",
            Self::Returns => "returns",
            Self::TreatmentGrids => "treatment-grids",
            Self::GridMembers => "grid-members",
            Self::Catchments => "catchments",
            Self::Staff => "staff",
            Self::Beds => "beds",
        }
    }

    /// The fields of the own format, and what a mapping may fill.
    #[must_use]
    pub fn schema(self) -> Arc<Schema> {
        let text = |name| FieldSpec::new(name, FieldKind::Text).max_chars(300);
        let key = |name| FieldSpec::new(name, FieldKind::Identifier).max_chars(300);
        let of = || key("institution").required().aliases(&["机构编码"]);
        let from = || FieldSpec::new("from", FieldKind::Day).aliases(&["起始日期"]);
        let fields = match self {
            Self::TreatmentGrids => vec![
                key("code").required().aliases(&["网格编码", "编码"]),
                text("name").required().aliases(&["网格名称", "名称"]),
                text("kind").aliases(&["网格类别", "类别"]),
                key("lead").required().aliases(&["牵头机构编码"]),
                text("district").aliases(&["区"]),
                from(),
            ],
            Self::GridMembers => {
                vec![of(), key("grid").required().aliases(&["网格编码"]), text("district").aliases(&["区"]), from()]
            }
            Self::Catchments => {
                vec![of(), key("place").required().aliases(&["地点"]), text("district").aliases(&["区"]), from()]
            }
            Self::Staff => vec![
                of(),
                text("profession").required().aliases(&["职业"]),
                text("training").required().aliases(&["培训"]),
                text("seconded_from").aliases(&["支援单位"]),
                key("headcount").required().aliases(&["人数"]),
                text("district").aliases(&["区"]),
                from(),
            ],
            Self::Beds => vec![
                of(),
                text("unit").required().aliases(&["科室名称"]),
                text("bed_type").required().aliases(&["床位类型"]),
                text("kind").required().aliases(&["科目"]),
                key("amount").required().aliases(&["数量"]),
                key("within_hours").aliases(&["几小时内"]),
                text("reason").aliases(&["停用原因"]),
                text("district").aliases(&["区"]),
                FieldSpec::new("at", FieldKind::Instant).aliases(&["时点"]),
            ],
            Self::Institutions => vec![
                key("code").required().aliases(&["机构编码", "编码"]),
                text("name").required().aliases(&["机构名称", "名称"]),
                text("kind").aliases(&["机构类别", "类别"]),
                text("level").aliases(&["级别"]),
                text("district").aliases(&["区"]),
                key("place").aliases(&["地点"]),
                text("address").aliases(&["地址"]),
                FieldSpec::new("location", FieldKind::Point),
                text("phone").aliases(&["电话"]),
                text("capabilities").aliases(&["诊疗能力"]),
                text("unit_kind").aliases(&["科室类别"]),
                text("unit_name").aliases(&["科室名称"]),
                text("added").aliases(&["新增方式"]),
                text("serves").aliases(&["接诊对象"]),
                text("lane").aliases(&["服务方式"]),
                text("partner").aliases(&["合作单位"]),
                text("online").aliases(&["线上问诊"]),
                text("hours").aliases(&["开诊时间"]),
            ],
            Self::Returns => {
                let own = [
                    key("institution").required().aliases(&["机构编码"]),
                    FieldSpec::new("day", FieldKind::Day).required().aliases(&["日期"]),
                    text("form").required().aliases(&["报表"]),
                    text("because").aliases(&["说明"]),
                ];
                own.into_iter().chain(FIGURES.into_iter().map(key)).collect()
            }
        };
        Arc::new(Schema::new(self.name(), fields))
    }
}

/// Why a file could not be taken at all, or a load broke off. Whole batches before that are kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The room refused, or the store.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The mapping does not fit the file.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        Self::Network(error.into())
    }
}

/// A file to be taken.
pub struct NetworkImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// The rules.
    pub network: &'a Network,
    /// The district of rows that name none.
    pub district: DistrictId,
    /// What the rows are.
    pub kind: NetworkKind,
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// How problems are said.
    pub say: &'a (dyn Fn(&Problem) -> String + Sync),
}

/// Under which name a file has named an institution so far, by its code.
type Named = HashMap<(DistrictId, String), String>;

/// A row on its way, with the district it belongs to.
struct Waiting {
    row: Row,
    refused: Vec<FieldError>,
    record: Option<Record>,
    district: DistrictId,
    doubt: Option<Problem>,
    answer: Option<Answer>,
}

impl NetworkImport<'_> {
    /// Takes the file. Every row is answered in the report. `progress` is told the rows done.
    ///
    /// # Errors
    /// See [`ImportError`]; whole batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ImportError> {
        let bound = mapping.bind(source.headers(), source.format())?;
        let mut source = source;
        let served = linli_territory::queries::districts(&mut self.db.read().await?.conn()).await.map_err(NetworkError::from)?;
        let served: HashMap<String, DistrictId> = served.into_iter().map(|one| (bare(&one.name).to_owned(), one.id)).collect();
        let mut answers = InReport::new(report, self.say);
        let mut named = HashMap::new();
        let mut done = 0_u64;
        loop {
            let mut batch = Vec::new();
            for row in source.by_ref().take(BATCH) {
                let row = row?;
                let (record, refused) = match bound.apply(&row) {
                    Ok(record) => (Some(record), Vec::new()),
                    Err(refused) => (None, refused),
                };
                let named =
                    record.as_ref().filter(|record| record.knows("district")).and_then(|record| record.opt_text("district"));
                let found = named.map(|name| (name, served.get(bare(name)).copied()));
                let (district, doubt) = match found {
                    None | Some((_, Some(_))) => (found.and_then(|(_, id)| id).unwrap_or(self.district), None),
                    // Nobody serves that district here: it is kept where the import goes, and somebody should look.
                    Some((name, None)) => (self.district, Some(Problem::new("district", "not_served", name))),
                };
                batch.push(Waiting { row, refused, record, district, doubt, answer: None });
            }
            if batch.is_empty() {
                break;
            }
            self.take(&mut batch, &mut named).await?;
            for waiting in batch {
                let unanswered = || Problem::new("row", "unreadable", "").into();
                answers.tell(&waiting.row, &waiting.refused, &waiting.answer.unwrap_or_else(unanswered));
                done += 1;
            }
            progress(done);
        }
        answers.done()?;
        Ok(report.totals())
    }

    /// Answers a batch, district by district: a transaction belongs to one.
    async fn take(&self, batch: &mut [Waiting], named: &mut Named) -> Result<(), ImportError> {
        let mut by_district: BTreeMap<DistrictId, Vec<&mut Waiting>> = BTreeMap::new();
        for waiting in batch.iter_mut().filter(|waiting| waiting.record.is_some()) {
            by_district.entry(waiting.district).or_default().push(waiting);
        }
        for (district, rows) in by_district {
            let mut tx = self.db.begin(district).await?;
            for waiting in rows {
                let Some(record) = &waiting.record else { continue };
                let mut answer = match self.kind {
                    NetworkKind::Institutions => self.institution(&mut tx, record).await?,
                    NetworkKind::Returns => self.told(&mut tx, record).await?,
                    NetworkKind::TreatmentGrids => self.grid_row(&mut tx, record).await?,
                    NetworkKind::GridMembers => self.member_row(&mut tx, record).await?,
                    NetworkKind::Catchments => self.catchment_row(&mut tx, record).await?,
                    NetworkKind::Staff => self.staff_row(&mut tx, record).await?,
                    NetworkKind::Beds => self.bed_row(&mut tx, record).await?,
                };
                // One code under two names in one file: the later row counts, and somebody should look.
                if self.kind == NetworkKind::Institutions && !matches!(answer.outcome, Outcome::Rejected(_)) {
                    let (code, name) = (record.text("code").to_owned(), record.text("name").to_owned());
                    let before = named.insert((district, code), name.clone()).filter(|before| *before != name);
                    answer.doubts.extend(before.map(|before| Problem::new("name", "other_name_before", before)));
                }
                if !matches!(answer.outcome, Outcome::Rejected(_)) {
                    answer.doubts.extend(waiting.doubt.take());
                }
                waiting.answer = Some(answer);
            }
            if !self.dry_run {
                tx.commit().await?;
            }
        }
        Ok(())
    }

    async fn institution(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let (input, unit) = match read_institution(record) {
            Ok(read) => read,
            Err(problem) => return Ok(problem.into()),
        };
        // What a row refuses is refused before anything of it is written: its unit is judged with it.
        if let Some(unit) = &unit
            && unit.name.trim().is_empty()
        {
            return Ok(Problem::new("unit_name", "missing", "").into());
        }
        let put = match institutions::put(self.ctx, tx, self.network, &input).await {
            Ok(put) => put,
            Err(error) => return refusal(error),
        };
        let mut outcome = match put {
            Put::New(_) => Outcome::Created,
            Put::Changed(_) => Outcome::Changed(vec!["name"]),
            Put::Same(_) => Outcome::Unchanged,
        };
        let mut doubts = Vec::new();
        if let Some(unit) = unit {
            let district = tx.district();
            let units = store::institutions::units(&mut tx.conn()?, district, put.id()).await?;
            let known = units.into_iter().find(|known| known.valid_to.is_none() && known.name == unit.name.trim());
            let id = match known {
                Some(known) => known.id,
                None => {
                    let added = institutions::bring_unit(self.ctx, tx, self.network, put.id(), &unit).await;
                    if outcome == Outcome::Unchanged {
                        outcome = Outcome::Changed(vec!["unit_name"]);
                    }
                    match added {
                        Ok(id) => id,
                        Err(error) => {
                            doubts.push(problem_of(error)?);
                            return Ok(Answer { outcome, doubts });
                        }
                    }
                }
            };
            if let Some(told) = record.opt_text("hours") {
                let today = self.ctx.now().local().date();
                opening::keep_hours(self.ctx, tx, (id, Action::Import), today, told).await?;
                let read = hours::read(told);
                let sure = matches!(read.hours, crate::model::Hours::Always | crate::model::Hours::Weekly(_)) && read.whole;
                doubts.extend((!sure).then(|| Problem::new("hours", "hours_unclear", told)));
            }
        }
        Ok(Answer { outcome, doubts })
    }

    async fn told(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let district = tx.district();
        let code = record.text("institution");
        let Some(known) = store::institutions::by_code(&mut tx.conn()?, district, code).await? else {
            return Ok(Problem::new("institution", "unknown", code).into());
        };
        let mut figures = Figures::new();
        for field in FIGURES {
            match record.opt_text(field).map(|text| (stated(text), text)) {
                None => {}
                Some((Some(one), _)) => {
                    figures.insert(field.to_owned(), one);
                }
                Some((None, text)) => return Ok(Problem::new(field, "number", text).into()),
            }
        }
        let Some(day) = record.day("day") else { return Ok(Problem::new("day", "missing", "").into()) };
        let form = record.text("form").to_owned();
        let because = record.opt_text("because").unwrap_or_default().to_owned();
        let input = NewReturn { form, day, figures, because, seen: None };
        match returns::tell_with_doubts(self.ctx, tx, self.network, known.id, &input).await {
            Ok((told, doubted)) => {
                let outcome = match told {
                    Told::First(_) => Outcome::Created,
                    Told::Corrected(_) => Outcome::Changed(vec!["figures"]),
                    Told::Same(_) => Outcome::Unchanged,
                };
                let named = |(field, wrong): (String, Wrong)| Problem::new("figures", "unusual", format!("{field}: {wrong}"));
                Ok(Answer { outcome, doubts: doubted.into_iter().map(named).collect() })
            }
            Err(error) => refusal(error),
        }
    }
}

/// A district's name without its last word: 海淀区 and 海淀 are one.
fn bare(name: &str) -> &str {
    let name = name.trim();
    let short = ["区", "县", "市"].into_iter().find_map(|last| name.strip_suffix(last));
    // 通县, 密县: what is left of one character is no name.
    short.filter(|short| short.chars().count() > 1).unwrap_or(name)
}

/// A figure as files write it.
fn stated(text: &str) -> Option<Stated> {
    let text = text.trim();
    if SUPPRESSED.contains(&text) {
        return Some(Stated::Suppressed);
    }
    if UNKNOWN.contains(&text) {
        return Some(Stated::Unknown);
    }
    let whole = text.strip_suffix(".0").unwrap_or(text).replace(',', "");
    whole.parse().ok().map(Stated::Number)
}

fn read_institution(record: &Record) -> Result<(NewInstitution, Option<NewUnit>), Problem> {
    let said = |field: &str| record.opt_text(field).unwrap_or_default().to_owned();
    let word = |field: &'static str| Problem::new(field, "unknown_word", record.opt_text(field).unwrap_or_default());
    let input = NewInstitution {
        code: record.text("code").to_owned(),
        name: record.text("name").to_owned(),
        kind: record.opt_text("kind").map_or(Ok(InstitutionKind::Unknown), |text| text.parse().map_err(|_| word("kind")))?,
        level: record.opt_text("level").map_or(Ok(Level::Unknown), |text| text.parse().map_err(|_| word("level")))?,
        place: said("place"),
        // What is put together of columns keeps no comma for a part that nobody knows.
        address: said("address").split(", ").map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        point: record.point("location").map(|located| located.point),
        phone: said("phone"),
        capabilities: said("capabilities")
            .split([',', ';', '、'])
            .map(str::trim)
            .filter(|c| !c.is_empty())
            .map(str::to_owned)
            .collect(),
        valid_from: None,
    };
    let Some(kind) = record.opt_text("unit_kind") else { return Ok((input, None)) };
    let of = NewUnit::of(kind.parse().map_err(|_| word("unit_kind"))?, said("unit_name"));
    let unit = NewUnit {
        added: record.opt_text("added").map_or(Ok(of.added), |text| text.parse().map_err(|_| word("added")))?,
        serves: record.opt_text("serves").map_or(Ok(of.serves), |text| text.parse().map_err(|_| word("serves")))?,
        lane: record.opt_text("lane").map_or(Ok(of.lane), |text| text.parse().map_err(|_| word("lane")))?,
        partner: said("partner"),
        online: said("online"),
        ..of
    };
    Ok((input, Some(unit)))
}

/// What is wrong with a row is its answer; what is wrong with the store breaks the load off.
fn refusal(error: NetworkError) -> Result<Answer, NetworkError> {
    problem_of(error).map(Answer::from)
}

fn problem_of(error: NetworkError) -> Result<Problem, NetworkError> {
    let known = |field: &str| {
        let schemas = NetworkKind::ALL.map(NetworkKind::schema);
        let name = schemas.iter().flat_map(|schema| schema.fields.iter()).map(|spec| spec.name).find(|name| *name == field);
        name.unwrap_or("row")
    };
    Ok(match error {
        NetworkError::Field { field, problem } => Problem::new(known(&field), word_of(problem), ""),
        NetworkError::Fields(wrong) => match wrong.into_iter().next() {
            Some((field, problem)) => Problem::new(known(&field), word_of(problem), problem.to_string()),
            None => Problem::new("row", "unreadable", ""),
        },
        NetworkError::OtherGrid { grid, .. } => Problem::new("grid", "other_grid", grid),
        NetworkError::OtherCentre { institution, .. } => Problem::new("institution", "other_centre", institution),
        NetworkError::People(linli_people::PeopleError::Invalid(problem)) => problem,
        NetworkError::Territory(linli_territory::TerritoryError::Invalid(problem)) => problem,
        other => return Err(other),
    })
}

/// The word of a problem in the answers of imports.
const fn word_of(problem: Wrong) -> &'static str {
    match problem {
        Wrong::Required => "missing",
        Wrong::TooLong { .. } => "too_long",
        Wrong::ControlCharacter => "control_characters",
        Wrong::NotADate | Wrong::TooEarly => "date",
        Wrong::InTheFuture => "future",
        Wrong::NotANumber => "number",
        Wrong::OutOfRange { .. } | Wrong::CannotBe { .. } => "impossible",
        Wrong::CodeTaken | Wrong::NameTaken => "taken",
        Wrong::Closed => "closed",
        Wrong::NotHours => "hours_unclear",
        Wrong::Full { .. } | Wrong::OfNone | Wrong::Jump { .. } | Wrong::Unusual { .. } => "unusual",
        Wrong::NotAChoice | Wrong::NotHttps | Wrong::NoLead | Wrong::NoCentre => "unknown_word",
    }
}
