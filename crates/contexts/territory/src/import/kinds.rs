//! Estates, homes, components and grids from rows.

use linli_access::Ctx;
use linli_db::{Db, Tx};
use linli_geo::{Crs, Point};
use linli_kernel::DistrictId;

use super::run::{Kind, run};
use super::{Answers, ImportOptions, Row, Totals, cells};
use crate::error::{Answer, Problem};
use crate::model::{ComponentInput, ComponentState, EstateInput, EstateKind, GridInput, HomeInput, Management};
use crate::{TerritoryError, commands, store};

macro_rules! entry_point {
    ($(#[$meta:meta])* $name:ident, $kind:ident) => {
        $(#[$meta])*
        ///
        /// # Errors
        /// `Denied`, store errors. What is wrong with a row is its answer.
        pub async fn $name<R: Row + Send + Sync>(
            ctx: &Ctx,
            db: &Db,
            district: DistrictId,
            rows: impl Iterator<Item = Result<R, (u64, Problem)>> + Send,
            options: &ImportOptions,
            report: &mut (dyn Answers<R> + Send),
            progress: &mut (dyn FnMut(u64) + Send),
        ) -> Result<Totals, TerritoryError> {
            let kind = $kind::of(options);
            run(&kind, ctx, (db, district), rows, (options, None), report, progress).await
        }
    };
}

entry_point!(
    /// Records estates from rows with the columns of [`super::columns::ESTATES`].
    import_estates, Estates
);
entry_point!(
    /// Records homes from rows with the columns of [`super::columns::HOMES`]; buildings and entrances are made.
    import_homes, Homes
);
entry_point!(
    /// Records components from rows with the columns of [`super::columns::COMPONENTS`].
    import_components, Components
);
entry_point!(
    /// Records governance grids from rows with the columns of [`super::columns::GRIDS`].
    import_grids, Grids
);

pub(super) struct Estates {
    crs: Option<Crs>,
    community: Option<String>,
}

impl Estates {
    pub(super) fn of(options: &ImportOptions) -> Self {
        Self { crs: options.crs, community: options.default_community.clone() }
    }
}

impl Kind for Estates {
    type Input = EstateInput;
    const KEY: &'static str = "estate_code";

    fn read(&self, row: &impl Row) -> Result<EstateInput, Problem> {
        let community = cells::text(row, "community_code").map(ToOwned::to_owned).or_else(|| self.community.clone());
        let manager = cells::text(row, "manager_name").map(ToOwned::to_owned);
        // Some lists write the kind of management where the manager's name belongs.
        let said_as_name = manager.as_deref().and_then(Management::parse);
        let management = cells::word(row, "management", Management::parse)?.or(said_as_name);
        Ok(EstateInput {
            code: cells::required(row, "estate_code")?,
            community: community.ok_or_else(|| Problem::new("community_code", "missing", ""))?,
            name: cells::required(row, "name")?,
            kind: cells::word(row, "kind", EstateKind::parse)?,
            year_built: cells::whole(row, "year_built", &["年建成", "年建", "年"])?,
            households: cells::whole(row, "households", &["户"])?,
            buildings: cells::whole(row, "buildings", &["栋", "幢", "座"])?,
            area: cells::area(row, "area_m2")?,
            management,
            manager_name: manager.filter(|_| said_as_name.is_none()),
            manager_credit_code: cells::text(row, "manager_credit_code").map(ToOwned::to_owned),
            managed_since: cells::day(row, "managed_since")?,
            point: cells::point(row, self.crs)?,
        })
    }

    fn key(&self, input: &EstateInput) -> String {
        input.code.clone()
    }

    fn point(&self, input: &EstateInput) -> Option<Point> {
        input.point
    }

    async fn put(&self, ctx: &Ctx, tx: &mut Tx, inputs: &[EstateInput]) -> Result<Vec<Answer>, TerritoryError> {
        commands::put_estates(ctx, tx, inputs).await
    }
}

pub(super) struct Homes;

impl Homes {
    pub(super) const fn of(_: &ImportOptions) -> Self {
        Self
    }
}

impl Kind for Homes {
    type Input = HomeInput;
    const KEY: &'static str = "room";

    fn read(&self, row: &impl Row) -> Result<HomeInput, Problem> {
        Ok(HomeInput {
            estate: cells::required(row, "estate_code")?,
            building: cells::required(row, "building")?,
            entrance: cells::required(row, "entrance")?,
            floor: cells::whole(row, "floor", &["层", "楼"])?,
            room: cells::required(row, "room")?,
            area: cells::area(row, "area_m2")?,
        })
    }

    fn key(&self, input: &HomeInput) -> String {
        format!("{}/{}/{}/{}", input.estate, input.building, input.entrance, input.room)
    }

    async fn put(&self, ctx: &Ctx, tx: &mut Tx, inputs: &[HomeInput]) -> Result<Vec<Answer>, TerritoryError> {
        commands::put_homes(ctx, tx, inputs).await
    }
}

pub(super) struct Components {
    crs: Option<Crs>,
}

impl Components {
    pub(super) const fn of(options: &ImportOptions) -> Self {
        Self { crs: options.crs }
    }
}

impl Kind for Components {
    type Input = ComponentInput;
    const KEY: &'static str = "component_id";

    fn read(&self, row: &impl Row) -> Result<ComponentInput, Problem> {
        let owned = |column| cells::text(row, column).map(ToOwned::to_owned);
        Ok(ComponentInput {
            component_id: cells::required(row, "component_id")?,
            name: owned("name"),
            class_code: owned("class_code"),
            place: owned("place"),
            point: cells::point(row, self.crs)?,
            state: cells::word(row, "state", ComponentState::parse)?,
            department_code: owned("department_code"),
            department_name: owned("department_name"),
            since: cells::day(row, "since")?,
        })
    }

    fn key(&self, input: &ComponentInput) -> String {
        input.component_id.clone()
    }

    fn point(&self, input: &ComponentInput) -> Option<Point> {
        input.point
    }

    async fn doubt_points(&self, tx: &mut Tx, points: &[Point]) -> Result<u64, TerritoryError> {
        let district = tx.district();
        let mut doubted = 0;
        for point in points {
            doubted += store::components::doubt_point(&mut tx.conn()?, district, *point).await?;
        }
        Ok(doubted)
    }

    async fn put(&self, ctx: &Ctx, tx: &mut Tx, inputs: &[ComponentInput]) -> Result<Vec<Answer>, TerritoryError> {
        commands::put_components(ctx, tx, inputs).await
    }
}

pub(super) struct Grids;

impl Grids {
    pub(super) const fn of(_: &ImportOptions) -> Self {
        Self
    }
}

impl Kind for Grids {
    type Input = GridInput;
    const KEY: &'static str = "grid_code";

    fn read(&self, row: &impl Row) -> Result<GridInput, Problem> {
        Ok(GridInput {
            code: cells::required(row, "grid_code")?,
            name: cells::required(row, "name")?,
            community: cells::required(row, "community_code")?,
            covers: cells::required(row, "covers")?
                .split([';', '；'])
                .map(|k| k.trim().to_owned())
                .filter(|k| !k.is_empty())
                .collect(),
        })
    }

    fn key(&self, input: &GridInput) -> String {
        input.code.clone()
    }

    async fn put(&self, ctx: &Ctx, tx: &mut Tx, inputs: &[GridInput]) -> Result<Vec<Answer>, TerritoryError> {
        commands::put_grids(ctx, tx, inputs).await
    }
}
