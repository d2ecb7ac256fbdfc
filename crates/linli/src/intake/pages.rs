//! The administrator's page for files coming in.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use clap::ValueEnum as _;
use linli_geo::Crs;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::import::Totals;
use linli_webkit::view::Choice;
use linli_webkit::{Access, AppError, FieldProblem, FormMap, Module, NavEntry, Page, Problems, RoomRoutes, Shell, T};

use super::{Report, Taking, bring_in};
use crate::cli::ImportKind;

/// The texts of this page: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../../locales/zh-CN.ftl"), include_str!("../../locales/en.ftl"));

const IMPORT: Access = Access::staff("import", "territory");
/// Troubled rows shown on the page; the report has them all.
const SHOWN: usize = 50;

/// The page as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    Module {
        name: "intake",
        routes: RoomRoutes::new("intake").get("/admin/import", IMPORT, form).post_files("/admin/import", IMPORT, send),
        texts: TEXTS,
        nav: vec![NavEntry { text_key: "intake-nav", href: "/admin/import", icon: "upload", access: IMPORT, order: 85 }],
    }
}

struct Trouble {
    line: String,
    result: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "intake.html")]
struct ImportPage {
    shell: Shell,
    t: T,
    problems: Problems,
    kinds: Vec<Choice>,
    kind: String,
    district: String,
    community: String,
    crs: String,
    crs_choices: Vec<Choice>,
    dry_run: bool,
    totals: Option<Totals>,
    trouble: Vec<Trouble>,
}

fn page(caller: &Caller, problems: Problems, form: &FormMap, totals: Option<Totals>, trouble: Vec<Trouble>) -> Page<ImportPage> {
    let t = caller.info.t().clone();
    let kinds = ImportKind::value_variants().iter().filter_map(|kind| {
        let word = kind.to_possible_value()?.get_name().to_owned();
        Some(Choice::new(&word, t.s(&format!("intake-kind-{word}"))))
    });
    let crs_choices = ["", "wgs84", "cgcs2000", "gcj02"];
    let crs_choices =
        crs_choices.map(|crs| Choice::new(crs, t.s(&format!("intake-crs-{}", if crs.is_empty() { "none" } else { crs }))));
    Page(ImportPage {
        shell: caller.shell(t.s("intake-title")),
        kinds: kinds.collect(),
        kind: form.typed("kind").to_owned(),
        district: form.typed("district").to_owned(),
        community: form.typed("community").to_owned(),
        crs: form.typed("crs").to_owned(),
        crs_choices: crs_choices.into(),
        dry_run: form.typed("dry_run") == "1" || form.typed("kind").is_empty(),
        problems,
        totals,
        trouble,
        t,
    })
}

async fn form(caller: Caller) -> impl IntoResponse {
    page(&caller, Problems::default(), &FormMap::default(), None, Vec::new())
}

async fn send(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let t = caller.info.t();
    let mut read = form.reader();
    let kind = read.text("kind", &t.s("intake-kind"), 1..=30);
    let division = read.text("district", &t.s("intake-district"), 0..=12);
    let files = read.files("file", 1);
    let kind = ImportKind::from_str(&kind, false).ok();
    if kind.is_none() {
        read.wrong(FieldProblem::new("kind", "intake-kind-unknown"));
    }
    let Some(file) = files.first() else {
        read.wrong(FieldProblem::new("file", "intake-no-file"));
        return again(&caller, &form, read.finish().err());
    };
    let district = open_or_find(&caller, &hall, &division).await?;
    let national = kind == Some(ImportKind::Divisions);
    if district.is_none() && !national {
        read.wrong(FieldProblem::new("district", "intake-district-unknown"));
    }
    let finished = read.finish();
    let (Ok(_), Some(kind)) = (finished.as_ref(), kind) else { return again(&caller, &form, finished.err()) };
    let folder = tempfile::tempdir().map_err(AppError::internal)?;
    let path = folder.path().join("upload");
    tokio::fs::write(&path, &file.bytes).await.map_err(AppError::internal)?;
    let taking = Taking {
        dry_run: form.typed("dry_run") == "1",
        crs: Crs::parse(form.typed("crs")).ok(),
        community: Some(form.typed("community").to_owned()).filter(|c| !c.is_empty()),
    };
    let everything = form.typed("report") == "1";
    let mut report = if everything { Report::of_everything() } else { Report::of_trouble() };
    let district = district.map_or(DistrictId::CITY, |(id, _)| id);
    let done = bring_in((&caller.ctx, hall.db(), district), kind, &path, &taking, &mut report, &mut |_| {}).await;
    match done {
        Err(error) => {
            let problem = FieldProblem::new("file", "intake-unreadable").arg("why", format!("{error:#}"));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&caller, Problems(vec![problem]), &form, None, Vec::new()))
                .into_response())
        }
        Ok(_) if everything => {
            let name = "attachment; filename=\"linli-import-report.csv\"";
            Ok((
                [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, name)],
                report.csv().map_err(AppError::internal)?,
            )
                .into_response())
        }
        Ok(totals) => {
            let trouble = report.trouble().take(SHOWN);
            let trouble = trouble.map(|(line, result, reason)| Trouble {
                line: line.to_owned(),
                result: result.to_owned(),
                reason: reason.to_owned(),
            });
            Ok(page(&caller, Problems::default(), &form, Some(totals), trouble.collect()).into_response())
        }
    }
}

/// The district with this code; one that is known but not served yet is opened, for the administrator who brings its files.
async fn open_or_find(caller: &Caller, hall: &Hall, code: &str) -> Result<Option<(DistrictId, PlacePath)>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
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
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(caller, problems, form, None, Vec::new())).into_response())
}

#[cfg(test)]
mod tests {
    use linli_webkit::{Texts, i18n};

    #[test]
    fn every_text_of_the_page_exists() {
        let texts = Texts::new(&[i18n::SHARED_TEXTS, super::TEXTS]).unwrap();
        let missing = texts.check_templates(&[include_str!("../../templates/intake.html"), include_str!("pages.rs")]);
        assert_eq!(missing, Vec::<String>::new());
    }
}
