//! The administrator's page for files coming in: the form, and the page of an import that runs or has ended.

use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::response::{IntoResponse, Redirect, Response};
use clap::ValueEnum as _;
use linli_access::{Action, Resource};
use linli_cases::Office;
use linli_geo::Crs;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_sheet::{ExportFormat, Lang, Totals};
use linli_webkit::view::Choice;
use linli_webkit::{Access, AppError, FieldProblem, FormMap, Locale, Module, NavEntry, Page, Problems, RoomRoutes, Shell, T};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use super::runs::{Order, Run, Runs, State as Standing};
use super::upload::{MOST, Sent};
use super::{Choice as Columns, SHIPPED, Taking};
use crate::cli::ImportKind;

/// The texts of this page: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../../locales/zh-CN.ftl"), include_str!("../../locales/en.ftl"));

const IMPORT: Access = Access::staff("import", "territory");
/// The route that takes files in.
pub const FORM: &str = "/admin/import";
/// A page looks for the end of a short import before it answers.
const LOOK: Duration = Duration::from_secs(2);
/// Whoever asks to wait gets an answer after so long at the latest.
const WAIT: Duration = Duration::from_secs(20);
/// A page of a running import comes again after so many seconds, without any script.
const AGAIN_SECS: &str = "3";
/// A report goes out in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

/// The page as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    Module {
        name: "intake",
        routes: RoomRoutes::new("intake")
            .get(FORM, IMPORT, form)
            .post_files(FORM, IMPORT, send)
            .get("/admin/import/{id}", IMPORT, standing)
            .get("/admin/import/{id}/report", IMPORT, report),
        texts: TEXTS,
        nav: vec![NavEntry { text_key: "intake-nav", href: FORM, icon: "upload", access: IMPORT, order: 85 }],
    }
}

#[derive(Template)]
#[template(path = "intake.html")]
struct FormPage {
    shell: Shell,
    t: T,
    problems: Problems,
    kinds: Vec<Choice>,
    kind: String,
    district: String,
    community: String,
    system: String,
    mappings: Vec<Choice>,
    mapping: String,
    crs: String,
    crs_choices: Vec<Choice>,
    reports: Vec<Choice>,
    report: String,
    dry_run: bool,
    most_mb: usize,
}

fn page(caller: &Caller, problems: Problems, form: &FormMap) -> Page<FormPage> {
    let t = caller.info.t().clone();
    let kinds =
        ImportKind::value_variants().iter().map(|kind| Choice::new(kind.word(), t.s(&format!("intake-kind-{}", kind.word()))));
    let crs_choices = ["", "wgs84", "cgcs2000", "gcj02", "bd09"];
    let crs_choices =
        crs_choices.map(|crs| Choice::new(crs, t.s(&format!("intake-crs-{}", if crs.is_empty() { "none" } else { crs }))));
    let own = [Choice::new("", t.s("intake-mapping-own"))];
    let mappings = own.into_iter().chain(SHIPPED.iter().map(|m| Choice::new(m.name, t.s(&format!("intake-mapping-{}", m.name)))));
    Page(FormPage {
        shell: caller.shell(t.s("intake-title")),
        kinds: kinds.collect(),
        kind: form.typed("kind").to_owned(),
        district: form.typed("district").to_owned(),
        community: form.typed("community").to_owned(),
        system: form.typed("system").to_owned(),
        mappings: mappings.collect(),
        mapping: form.typed("mapping").to_owned(),
        crs: form.typed("crs").to_owned(),
        crs_choices: crs_choices.into(),
        reports: ["xlsx", "csv"].map(|format| Choice::new(format, format.to_owned())).into(),
        report: form.typed("report").to_owned(),
        dry_run: form.typed("dry_run") == "1" || form.typed("kind").is_empty(),
        most_mb: MOST / (1024 * 1024),
        problems,
        t,
    })
}

async fn form(caller: Caller) -> impl IntoResponse {
    page(&caller, Problems::default(), &FormMap::default())
}

async fn send(caller: Caller, State(hall): State<Hall>, sent: Sent) -> Result<Response, AppError> {
    let Sent { form, file } = sent;
    let t = caller.info.t();
    let mut read = form.reader();
    let kind = read.text("kind", &t.s("intake-kind"), 1..=30);
    let division = read.text("district", &t.s("intake-district"), 0..=12);
    let community = read.optional("community", 100);
    let system = read.optional("system", 100);
    let kind = ImportKind::from_str(&kind, false).ok();
    if kind.is_none() {
        read.wrong(FieldProblem::new("kind", "intake-kind-unknown"));
    }
    let mapping = match (form.typed("mapping_file").trim().is_empty(), form.typed("mapping")) {
        (false, _) => Some(Columns::Toml(form.typed("mapping_file").to_owned())),
        (true, "") => Some(Columns::Own),
        (true, name) => Columns::shipped(name),
    };
    if mapping.is_none() {
        read.wrong(FieldProblem::new("mapping", "intake-mapping-unknown"));
    }
    if file.is_none() {
        read.wrong(FieldProblem::new("file", "intake-no-file"));
    }
    let national = kind == Some(ImportKind::Divisions);
    let served =
        if national { Some((DistrictId::CITY, PlacePath::root())) } else { open_or_find(&caller, &hall, &division).await? };
    if let Some((district, place)) = &served {
        // Said at once, not by a run that fails: nobody brings files to a district that is not theirs.
        caller.ctx.may(Action::Import, Resource::Territory, *district, place).map_err(linli_hall::denied)?;
    }
    let district = served.map(|(district, _)| district);
    if district.is_none() {
        read.wrong(FieldProblem::new("district", "intake-district-unknown"));
    }
    let finished = read.finish();
    let (Ok(()), Some(kind), Some(mapping), Some(file), Some(district)) = (finished.as_ref(), kind, mapping, file, district)
    else {
        return again(&caller, &form, finished.err());
    };
    let taking =
        Taking { dry_run: form.typed("dry_run") == "1", crs: Crs::parse(form.typed("crs")).ok(), community, system, mapping };
    let order = Order {
        ctx: caller.ctx.clone(),
        db: hall.db().clone(),
        district,
        office: hall.service::<Office>()?,
        network: hall.service::<linli_treatment::Network>()?,
        t: t.clone(),
        lang: if t.locale() == Locale::ZhCn { Lang::Zh } else { Lang::En },
        kind,
        file,
        taking,
        format: if form.typed("report") == "csv" { ExportFormat::Csv } else { ExportFormat::Xlsx },
    };
    match hall.service::<Runs>()?.start(order) {
        Some(run) => Ok(Redirect::to(&format!("{FORM}/{}", run.id)).into_response()),
        None => again(&caller, &form, Some(AppError::invalid(vec![FieldProblem::new("file", "intake-busy")]))),
    }
}

/// The district with this code; one that is known but not served yet is opened, for the administrator who brings its files.
async fn open_or_find(caller: &Caller, hall: &Hall, code: &str) -> Result<Option<(DistrictId, PlacePath)>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    if code.trim().is_empty() {
        // Where only one district is served, it is the one that is meant.
        let mut served = linli_territory::queries::districts(c).await.map_err(AppError::internal)?;
        served.retain(|district| district.id != DistrictId::CITY);
        return Ok(<[_; 1]>::try_from(served).ok().map(|[only]| (only.id, only.path)));
    }
    if let Some(served) = linli_territory::queries::district_by_division(c, code).await.map_err(AppError::internal)? {
        return Ok(Some(served));
    }
    let Some(division) = linli_territory::queries::division(c, code).await.map_err(AppError::internal)? else { return Ok(None) };
    if division.place_path.level() != Some(PlaceLevel::District) {
        return Ok(None);
    }
    drop(read);
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let id = linli_territory::commands::open_district(&caller.ctx, &mut tx, code).await.map_err(AppError::internal)?;
    hall.commit(tx).await?;
    Ok(Some((id, division.place_path)))
}

fn again(caller: &Caller, form: &FormMap, error: Option<AppError>) -> Result<Response, AppError> {
    let problems = error.map(AppError::into_problems).transpose()?.unwrap_or_default();
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(caller, problems, form)).into_response())
}

struct Trouble {
    line: String,
    result: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "intake-run.html")]
struct RunPage {
    shell: Shell,
    t: T,
    name: String,
    kind: String,
    dry_run: bool,
    running: bool,
    rows: u64,
    percent: u64,
    failure: String,
    /// What became of the file that was not taken whole.
    failed: &'static str,
    totals: Option<Totals>,
    /// What is to be said besides the answers to the rows.
    aside: String,
    trouble: Vec<Trouble>,
    report: String,
}

#[derive(Debug, Deserialize)]
struct Waiting {
    wait: Option<u8>,
}

async fn standing(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<Uuid>,
    Query(waiting): Query<Waiting>,
) -> Result<Response, AppError> {
    let run = hall.service::<Runs>()?.find(id, &caller.ctx.actor).ok_or_else(AppError::not_found)?;
    let patience = if waiting.wait == Some(1) { WAIT } else { LOOK };
    // Whether it ended in this time is read from its state.
    let _ = tokio::time::timeout(patience, run.ended()).await;
    let page = run_page(&caller, &run);
    Ok(if page.0.running { ([(REFRESH, AGAIN_SECS)], page).into_response() } else { page.into_response() })
}

fn run_page(caller: &Caller, run: &Run) -> Page<RunPage> {
    let t = caller.info.t().clone();
    let lang = if t.locale() == Locale::ZhCn { Lang::Zh } else { Lang::En };
    let mut page = RunPage {
        shell: caller.shell(t.s("intake-title")),
        name: run.name.clone(),
        kind: t.s(&format!("intake-kind-{}", run.kind.word())).into_owned(),
        dry_run: run.dry_run,
        running: false,
        rows: 0,
        percent: 0,
        failure: String::new(),
        failed: "intake-failed-nothing",
        totals: None,
        aside: String::new(),
        trouble: Vec::new(),
        report: String::new(),
        t,
    };
    match run.state() {
        Standing::Running(far) => {
            page.running = true;
            page.rows = far.rows;
            page.percent = far.bytes.saturating_mul(100).checked_div(far.of).unwrap_or(0);
        }
        Standing::Ended(ended) => match ended.as_ref() {
            Err(failure) => page.failure = failure.text(&page.t, lang),
            Ok(outcome) => {
                page.failure = outcome.broke_off.as_ref().map(|failure| failure.text(&page.t, lang)).unwrap_or_default();
                if outcome.wrote(run.dry_run) {
                    page.failed = "intake-failed-hint";
                }
                page.totals = Some(outcome.totals);
                page.aside = outcome.aside.text(&page.t);
                page.report = format!("{FORM}/{}/report", run.id);
                let trouble = outcome.notable.iter().map(|n| Trouble {
                    line: n.line.to_string(),
                    result: n.outcome.word(lang),
                    reason: n.reasons.clone(),
                });
                page.trouble = trouble.collect();
            }
        },
    }
    Page(page)
}

async fn report(caller: Caller, State(hall): State<Hall>, Path(id): Path<Uuid>) -> Result<Response, AppError> {
    let run = hall.service::<Runs>()?.find(id, &caller.ctx.actor).ok_or_else(AppError::not_found)?;
    if matches!(run.state(), Standing::Running(_)) {
        return Err(AppError::not_found());
    }
    let file = tokio::fs::File::open(&run.report).await.map_err(|_| AppError::not_found())?;
    let kind = match run.format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let ending = if run.format == ExportFormat::Csv { "csv" } else { "xlsx" };
    let name = format!("attachment; filename=\"linli-{}-answers.{ending}\"", run.kind.word());
    // The run is held, and with it the folder, until the last piece has gone.
    let pieces = futures_util::stream::unfold((file, run), |(mut file, run)| async move {
        let mut piece = Vec::with_capacity(PIECE);
        match (&mut file).take(u64::try_from(PIECE).unwrap_or(u64::MAX)).read_to_end(&mut piece).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece), (file, run))),
            Err(error) => Some((Err(error), (file, run))),
        }
    });
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)], Body::from_stream(pieces)).into_response())
}

#[cfg(test)]
mod tests {
    use linli_webkit::{Texts, i18n};

    #[test]
    fn every_text_of_the_page_exists() {
        let texts = Texts::new(&[i18n::SHARED_TEXTS, super::TEXTS]).unwrap();
        let sources = [
            include_str!("../../templates/intake.html"),
            include_str!("../../templates/intake-run.html"),
            include_str!("pages.rs"),
            include_str!("failure.rs"),
        ];
        assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
        for key in ["intake-failed-hint", "intake-failed-nothing"] {
            assert!(texts.has(key), "{key}");
        }
        for shipped in &super::SHIPPED {
            assert!(texts.has(&format!("intake-mapping-{}", shipped.name)));
        }
    }
}
