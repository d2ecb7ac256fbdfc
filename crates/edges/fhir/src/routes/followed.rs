//! Those whom an institution follows: groups and flags. Every person who is named is written down as looked at.

use linli_access::Actor;
use linli_care::CarePersonId;
use linli_care::follow::FollowError;
use linli_care::follow::commands::looked;
use linli_care::follow::model::AlarmId;
use linli_care::follow::queries::{alarm_of_own, alarms_of_own, followed_by};
use linli_hall::Hall;
use linli_people::model::OrganisationId;
use linli_webkit::{AppError, RequestInfo};

use super::house;
use crate::followed::{flag, groups, is_about_readings, without_members};
use crate::item::Whole;
use crate::outcome::Refusal;
use crate::params::Asked;
use crate::program::Program;

/// The groups or flags that are searched for.
pub(crate) async fn load(
    (kind, asked): (&'static str, &Asked),
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<Vec<Whole>, Refusal> {
    let (found, named) = match kind {
        "Group" => cohorts(asked, program, (hall, info)).await?,
        _ => flags(asked, program, (hall, info)).await?,
    };
    if !named.is_empty() {
        let failed = |error: FollowError| house(info)(AppError::from(error));
        let mut tx = hall.begin(program.district).await.map_err(house(info))?;
        for person in named {
            looked(&program.ctx, &mut tx, person).await.map_err(failed)?;
        }
        hall.commit(tx).await.map_err(house(info))?;
    }
    Ok(found)
}

/// The groups of the own institution. A list of them says how many are in each; who, only the group that is named.
async fn cohorts(
    asked: &Asked,
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<(Vec<Whole>, Vec<CarePersonId>), Refusal> {
    let Actor::Program { organisation, .. } = &program.ctx.actor else { return Ok((Vec::new(), Vec::new())) };
    let failed = |error: FollowError| house(info)(AppError::from(error));
    let mut read = hall.read().await.map_err(house(info))?;
    let followed = followed_by(&program.ctx, &mut read.conn()).await.map_err(failed)?;
    drop(read);
    let (mut found, mut named) = (Vec::new(), Vec::new());
    for (group, members) in groups(info.t(), OrganisationId(*organisation), &followed) {
        if !asked.is(&group) {
            continue;
        }
        if asked.ids.is_some() {
            found.push(group);
            named.extend(members);
        } else {
            found.push(without_members(group));
        }
    }
    Ok((found, named))
}

/// The open alarms about readings of those whom the own institution follows; one that is named also when it was dealt with.
async fn flags(
    asked: &Asked,
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<(Vec<Whole>, Vec<CarePersonId>), Refusal> {
    let failed = |error: FollowError| house(info)(AppError::from(error));
    let mut read = hall.read().await.map_err(house(info))?;
    let c = &mut read.conn();
    let alarms = match &asked.ids {
        None => alarms_of_own(&program.ctx, c).await.map_err(failed)?,
        Some(ids) => {
            let mut all = Vec::new();
            for id in ids.iter().filter_map(|id| id.parse::<AlarmId>().ok()) {
                match alarm_of_own(&program.ctx, c, id).await {
                    Ok(alarm) => all.push(alarm),
                    Err(FollowError::NotFound) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            all
        }
    };
    drop(read);
    let alarms = alarms.iter().filter(|alarm| is_about_readings(alarm));
    let found: Vec<(Whole, CarePersonId)> =
        alarms.map(|alarm| (flag(alarm), alarm.person)).filter(|(flag, _)| asked.is(flag)).collect();
    let named = found.iter().map(|(_, person)| *person).collect();
    Ok((found.into_iter().map(|(flag, _)| flag).collect(), named))
}
