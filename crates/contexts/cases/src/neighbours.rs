//! What the pages of this room ask the earlier rooms: where a board hangs, what a place is called, who somebody is.

use linli_access::{Role, Scope};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath};
use uuid::Uuid;

use crate::office::PortFuture;

/// A member of staff as residents may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffCard {
    /// The role of the appointment.
    pub role: Role,
    /// The name they are known by in their work.
    pub name: String,
    /// The phone they are reached at in their work, when it is public.
    pub phone: Option<String>,
}

/// A place and its own name.
pub type NamedPlace = (PlacePath, String);

/// What lies around a place in the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacesAround {
    /// The places above it and the place itself, from the top.
    pub above: Vec<NamedPlace>,
    /// Those directly under it, without homes.
    pub under: Vec<NamedPlace>,
}

/// The port to territory, people and board.
pub trait Neighbours: Send + Sync + 'static {
    /// Where the board with this code hangs; `None` when no board has it or it is mistyped.
    fn place_of_code<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        code: &'a str,
    ) -> PortFuture<'a, Result<Option<(DistrictId, PlacePath)>, DbError>>;

    /// The place with this key: a division code, `ESTATE/BUILDING/ENTRANCE`, a place path.
    fn place_of_key<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        key: &'a str,
    ) -> PortFuture<'a, Result<Option<PlacePath>, DbError>>;

    /// The boards that words may mean (「樟浦大院 3栋」): that of the estate and those of its doors, each with what it is called and its code, of
    /// places in a scope, at most so many. Nothing for words that mean no estate.
    fn boards_meant<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: &'a Scope,
        _: &'a str,
        _: usize,
    ) -> PortFuture<'a, Result<Vec<(String, String)>, DbError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The places that words may mean (「樟浦大院 3栋」): estates, or what the further words name in them, each with what it is called, in a
    /// scope, at most so many. Nothing for words that mean no place.
    fn places_meant<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: &'a Scope,
        _: &'a str,
        _: usize,
    ) -> PortFuture<'a, Result<Vec<NamedPlace>, DbError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What the place is called aloud, from the estate down: `锁金三村 3栋 2单元`.
    fn place_name<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
    ) -> PortFuture<'a, Result<String, DbError>>;

    /// What several places are called, in their order, as [`Neighbours::place_name`] says each.
    fn place_names<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        places: &'a [PlacePath],
    ) -> PortFuture<'a, Result<Vec<String>, DbError>> {
        Box::pin(async move {
            let mut names = Vec::with_capacity(places.len());
            for place in places {
                names.push(self.place_name(c, district, place).await?);
            }
            Ok(names)
        })
    }

    /// What a served district is called: `鼓楼区`.
    fn district_name<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, district: DistrictId) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async move { Ok(district.0.to_string()) })
    }

    /// The places from the district down to this one, and those directly under it, each with its path and its own name.
    fn places_around<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> PortFuture<'a, Result<PlacesAround, DbError>> {
        Box::pin(async { Ok(PlacesAround::default()) })
    }

    /// Who holds an appointment.
    fn staff<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        appointment: Uuid,
    ) -> PortFuture<'a, Result<Option<StaffCard>, DbError>>;
}
