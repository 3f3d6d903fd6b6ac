//! Behaviour through the public door, with the shipped packs, a fake clock and real stores.

mod codes;
mod faults;
mod http;
mod lots;
mod units;

use crate::{Batch, CodeFile, Lot, NewBatch, NewLot, Units};
use kernel::testing::Bench;
pub(crate) use kernel::testing::{owner, staff};
use kernel::{Actor, Kernel, Role};
use listings::Content;
use listings::testing::{honest, merchant, offer};

pub(crate) const GTIN: &str = "6901234567892";
pub(crate) const OTHER_GTIN: &str = "4006381333931";
pub(crate) const BASE: &str = "https://quality.example";

pub(crate) fn migrations() -> db::Migrations {
    let mut all = listings::testing::migrations();
    all.extend(web::migrations());
    all.extend(crate::migrations());
    all
}

pub(crate) fn manager() -> Actor {
    staff(Role::Manager)
}

/// Benches in which `m1` is enrolled and offers goods under [`GTIN`] and [`OTHER_GTIN`].
pub(crate) async fn each() -> Vec<Bench> {
    let benches = Bench::each(migrations).await;
    for bench in &benches {
        with_m1(&bench.kernel).await;
    }
    benches
}

pub(crate) async fn sqlite() -> Bench {
    let bench = Bench::sqlite(migrations).await;
    with_m1(&bench.kernel).await;
    bench
}

async fn with_m1(kernel: &Kernel) {
    merchant(kernel, "m1", 1, &["daily/home"]).await;
    offer(kernel, "m1", "A", Content { gtin: GTIN.into(), ..honest("竹纤维洗碗布 5 片装") }).await;
    offer(kernel, "m1", "B", Content { gtin: OTHER_GTIN.into(), ..honest("不锈钢衣架 10 个装") }).await;
}

/// A second merchant that offers the same goods.
pub(crate) async fn with_m2(kernel: &Kernel) {
    merchant(kernel, "m2", 2, &["daily/home"]).await;
    offer(kernel, "m2", "A", Content { gtin: GTIN.into(), ..honest("竹纤维洗碗布 家庭装") }).await;
}

pub(crate) fn new_lot(merchant: &str, number: &str) -> NewLot {
    NewLot {
        merchant_id: merchant.into(),
        gtin: GTIN.into(),
        number: number.into(),
        produced_on: "2026-02-20".into(),
        expires_on: "2028-02-20".into(),
        origin: "浙江安吉".into(),
        plant: "安吉竹业有限公司".into(),
        ..NewLot::default()
    }
}

pub(crate) async fn lot(kernel: &Kernel, merchant: &str, number: &str) -> Lot {
    crate::create(kernel, &owner(merchant), new_lot(merchant, number)).await.unwrap()
}

pub(crate) fn codes_of(merchant: &str, count: u64) -> NewBatch {
    NewBatch { merchant_id: merchant.into(), gtin: GTIN.into(), count, ..NewBatch::default() }
}

pub(crate) async fn mint(kernel: &Kernel, merchant: &str, count: u64) -> Batch {
    crate::mint(kernel, &owner(merchant), codes_of(merchant, count)).await.unwrap()
}

pub(crate) async fn file(kernel: &Kernel, batch: &Batch) -> CodeFile {
    crate::code_file(kernel, &owner(&batch.merchant_id), &batch.id, BASE).await.unwrap()
}

pub(crate) fn range(batch: &Batch, first: u64, count: u64) -> Units {
    Units::Range { batch_id: batch.id.clone(), first, count }
}

/// What a refused call of this slice said.
pub(crate) fn said<T: std::fmt::Debug>(result: Result<T, crate::Error>) -> String {
    kernel::testing::said(result.map_err(ground::Problem::from))
}
