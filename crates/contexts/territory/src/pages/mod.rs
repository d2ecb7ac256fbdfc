//! The ground on screens: the tree with its figures, estates, components.

mod change;
mod components;
mod place;

pub(crate) use change::{change, close, relocate, rename};
pub(crate) use components::components;
pub(crate) use place::{start, under};

use linli_access::{Action, Ctx, Resource};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::view::Crumb;
use linli_webkit::{AppError, FieldProblem, T};

use crate::TerritoryError;
use crate::model;

/// The address of a place in the tree browser.
fn href(path: &PlacePath) -> String {
    format!("/admin/territory/{path}")
}

/// The way down to a place; only what lies in the caller's reach leads anywhere.
fn breadcrumb(crumbs: &[model::Crumb], reach: &PlacePath, last_is_here: bool) -> Vec<Crumb> {
    let count = crumbs.len();
    crumbs
        .iter()
        .enumerate()
        .map(|(i, crumb)| {
            let is_here = last_is_here && i + 1 == count;
            if is_here || !reach.contains(&crumb.path) {
                Crumb::here(crumb.name.clone())
            } else {
                Crumb::new(crumb.name.clone(), href(&crumb.path))
            }
        })
        .collect()
}

fn level_word(t: &T, level: linli_kernel::PlaceLevel) -> String {
    t.s(&format!("territory-level-{level}")).into_owned()
}

/// Several of a level, as the heading of a list.
fn levels_word(t: &T, level: linli_kernel::PlaceLevel) -> String {
    t.s(&format!("territory-levels-{level}")).into_owned()
}

/// The place that an address names and its district, for somebody who may do this there; what lies above every district belongs to the city.
async fn asked_for(
    ctx: &Ctx,
    c: &mut linli_db::Conn<'_>,
    path: &str,
    action: Action,
) -> Result<(DistrictId, PlacePath), AppError> {
    let path: PlacePath = path.parse().map_err(|_| AppError::not_found())?;
    let district = crate::queries::district_of_path(c, &path).await?.unwrap_or(DistrictId::CITY);
    ctx.may(action, Resource::Territory, district, &path).map_err(linli_hall::denied)?;
    Ok((district, path))
}

impl From<TerritoryError> for AppError {
    fn from(error: TerritoryError) -> Self {
        match error {
            TerritoryError::Db(e) => linli_hall::store_error(e),
            TerritoryError::Denied(d) => linli_hall::denied(d),
            TerritoryError::Invalid(problem) => {
                Self::invalid(vec![FieldProblem::new(problem.field, &format!("territory-problem-{}", problem.what))])
            }
            TerritoryError::Unknown(ref what) | TerritoryError::Taken(ref what) => {
                let what = what.clone();
                Self::new(error.code()).arg("what", what).caused_by(error)
            }
            other => Self::new(other.code()).caused_by(other),
        }
    }
}
