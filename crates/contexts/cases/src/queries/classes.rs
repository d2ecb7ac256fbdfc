//! The classes that count at a place, of all three classifications.

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath};

use crate::error::CasesError;
use crate::model::{Case, MessageClass, MessageClassId, MessageList, Named};
use crate::neighbourhood::territory;
use crate::queries::link_districts;
use crate::rules::{CityCode, CityKind, Rules};
use crate::store::messages;

/// The 12345 list that counts at a place: that of the nearest place above it, or its own, which has one. A list replaces those above
/// it as a whole, as packs of rules do.
///
/// # Errors
/// Store errors.
pub async fn message_list(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<MessageList, CasesError> {
    let lists = messages::places(c, district).await?;
    let nearest = lists.into_iter().filter(|(_, at)| at.contains(place)).max_by_key(|(_, at)| at.depth());
    match nearest {
        Some((keeper, at)) => Ok(messages::list_of(c, keeper, &at).await?),
        None => Ok(MessageList::default()),
    }
}

/// Where a district has 12345 lists, its own and those of the whole city.
///
/// # Errors
/// Store errors.
pub async fn message_places(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(DistrictId, PlacePath)>, CasesError> {
    Ok(messages::places(c, district).await?)
}

/// The scope in which the actor reads rules and lists, and the districts that he chooses from when he reaches all of them: his own, or the one
/// he names; the whole city before he named one, whose rules and lists count where a district has none of its own.
///
/// # Errors
/// `NotFound` for a district that is not served; `Denied`; store errors.
pub async fn rules_scope(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    named: Option<DistrictId>,
) -> Result<(Vec<(DistrictId, String)>, Scope), CasesError> {
    let own = ctx.scope(Action::Read, Resource::Rules)?;
    if own.district != DistrictId::CITY {
        return Ok((Vec::new(), own));
    }
    let districts = link_districts(c).await?;
    let Some(named) = named.filter(|named| *named != DistrictId::CITY) else { return Ok((districts, own)) };
    let district = linli_territory::queries::district(c, named).await.map_err(territory)?.ok_or(CasesError::NotFound)?;
    ctx.may(Action::Read, Resource::Rules, named, &district.path)?;
    Ok((districts, Scope { district: named, place: district.path }))
}

/// The 12345 class with this id, closed or not.
///
/// # Errors
/// Store errors.
pub async fn message_class(
    c: &mut Conn<'_>,
    district: DistrictId,
    id: MessageClassId,
) -> Result<Option<MessageClass>, CasesError> {
    Ok(messages::by_id(c, district, id).await?)
}

/// The class of the 12345 list of a place that somebody means who writes its path, or the name of a lowest level that only one has; only
/// one under which new cases are filed.
///
/// # Errors
/// Store errors.
pub async fn message_named(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    text: &str,
) -> Result<Option<MessageClass>, CasesError> {
    let list = message_list(c, district, place).await?;
    Ok(match list.named(text) {
        Named::One(class) if class.counts() => Some(class.clone()),
        _ => None,
    })
}

/// How a code came to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// Somebody chose it, or a file said it.
    ByHand,
    /// It is what the 12345 class is mapped to.
    ByMessage,
    /// It is what the class of reports is mapped to.
    ByClass,
}

/// The matter of city management of a case: the one chosen, else that of its 12345 class, else that of its class of reports; `None`
/// where nothing corresponds.
#[must_use]
pub fn matter_of<'r>(rules: &'r Rules, case: &Case, message: Option<&MessageClass>) -> Option<(&'r CityCode, Chosen)> {
    let find = |code: &str| rules.city().find(CityKind::Matter, code);
    if let Some(code) = case.matter.as_deref().and_then(find) {
        return Some((code, Chosen::ByHand));
    }
    if let Some(code) = message.and_then(|m| m.matter.as_deref()).and_then(find) {
        return Some((code, Chosen::ByMessage));
    }
    let class = rules.classes().find(&case.class)?;
    class.matter.as_deref().and_then(find).map(|code| (code, Chosen::ByClass))
}
