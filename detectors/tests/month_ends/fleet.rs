//! Tenants with ordinary and bad month ends: eighteen months of hours, the same for the same seed on every machine.
//!
//! Every tenant has its own size, growth, working hours, noise and month end: the last business day is 1.5 to 4 times an
//! ordinary one, the two before it and the first two of the next month less, quarter and year ends more. A tenth of the
//! holidays is unknown to the calendar that the product gets. One month end in seven is bad: twice its latency for a
//! working day. Ordinary days have faults of the same size, and blips of an hour that are nobody's fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::civil::{Business, Date, Zone, business_days};

/// Hours of a month.
pub const MONTH: usize = 730;
/// First hour: 2024-01-01 in UTC.
pub const FIRST_HOUR: i64 = 24 * 19_723;
/// Hours of eighteen months.
pub const HOURS: usize = 24 * 548;
/// Twice the latency, as a logarithm.
const TWICE: f64 = std::f64::consts::LN_2;

/// A sequence of random numbers that depends on nothing but its seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.share()
    }

    pub fn below(&mut self, most: i64) -> i64 {
        i64::try_from(self.bits() % u64::try_from(most).unwrap()).unwrap()
    }

    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.share()));
        radius * libm::cos(std::f64::consts::TAU * self.share())
    }
}

/// What is true about an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    Ordinary,
    /// A bad month end.
    Bad,
    /// A fault on an ordinary day, by number.
    Fault(usize),
}

/// One hour of a tenant.
#[derive(Clone, Copy, Debug)]
pub struct Hour {
    /// Hours since 1970.
    pub number: i64,
    /// Hours of civil time less UTC.
    pub offset: i64,
    /// Latency as a logarithm.
    pub value: f64,
    pub truth: Truth,
    /// Year and month, on the last three business days of it.
    pub month_end: Option<(i64, i64)>,
}

impl Hour {
    /// Number of the civil day.
    pub fn day(&self) -> i64 {
        (self.number + self.offset).div_euclid(24)
    }

    pub fn hour_of_day(&self) -> i64 {
        (self.number + self.offset).rem_euclid(24)
    }
}

/// One customer.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub zone: Zone,
    /// Holidays that its calendar knows.
    pub known_holidays: BTreeSet<i64>,
    /// From the hour it joined.
    pub hours: Vec<Hour>,
}

/// A customer's habits.
struct Habits {
    base: f64,
    growth: f64,
    week: f64,
    peak: f64,
    width: f64,
    ends: [f64; 3],
    starts: [f64; 2],
    quarter: f64,
    year: f64,
}

impl Habits {
    fn draw(random: &mut Random) -> Self {
        let last = libm::exp(libm::log(0.9) + 0.35 * random.normal());
        let ends = [last, last * random.between(0.5, 0.8), last * random.between(0.1, 0.35)];
        let starts = [last * random.between(0.2, 0.5), last * random.between(0.0, 0.2)];
        let (year, quarter) = (random.between(0.15, 0.45), random.between(0.0, 0.2));
        Self {
            base: random.normal() - 1.5,
            growth: random.between(0.0, 0.04) / MONTH as f64,
            week: random.between(0.8, 1.4),
            peak: random.between(10.0, 15.0),
            width: random.between(3.0, 5.0),
            ends,
            starts,
            quarter,
            year,
        }
    }

    fn usual(&self, hour: usize, (business, date): (Option<&Business>, Date), hour_of_day: i64) -> f64 {
        let away = (hour_of_day as f64 - self.peak) / self.width;
        let work = libm::exp(-0.5 * away * away);
        let ground = self.base + self.growth * hour as f64;
        let Some(business) = business else { return ground + 0.25 * work };
        let end = self.ends.get(business.to_end).copied().unwrap_or_default();
        let start = self.starts.get(business.from_start).copied().unwrap_or_default();
        let period = match date.month {
            _ if business.to_end > 1 => 0.0,
            3 | 6 | 9 => self.quarter,
            12 => self.year,
            _ => 0.0,
        };
        ground + self.week * work + (end + start + period) * (0.35 + 0.65 * work)
    }
}

/// The tenants of a seed; the first twenty of 48 are there from the beginning, the others join in months 3 to 12.
pub fn fleet(seed: u64, tenants: usize) -> Vec<Tenant> {
    let mut random = Random::new(seed);
    let holidays: Vec<BTreeSet<i64>> = (0..6).map(|_| draw_holidays(&mut random)).collect();
    let founders = tenants * 20 / 48;
    (0..tenants)
        .map(|index| {
            let joined = (random.below(10) + 3) * 730 + random.below(700);
            let from = if index < founders { 0 } else { usize::try_from(joined).unwrap() };
            let place = (Zone::ALL[index % 6], &holidays[index % 6]);
            tenant(Random::new(random.bits()), place, from)
        })
        .collect()
}

fn draw_holidays(random: &mut Random) -> BTreeSet<i64> {
    let mut days = BTreeSet::new();
    for year in 2023..=2026 {
        for (month, day) in [(1, 1), (5, 1), (12, 25), (12, 26)] {
            days.insert(Date { year, month, day }.number());
        }
        let first = Date { year, month: 1, day: 1 }.number();
        days.extend((0..5).map(|_| first + 40 + random.below(310)));
    }
    days
}

fn tenant(mut random: Random, (zone, holidays): (Zone, &BTreeSet<i64>), from: usize) -> Tenant {
    let known_holidays = holidays.iter().copied().filter(|_| random.share() > 0.1).collect();
    let first = Date { year: 2023, month: 12, day: 1 }.number();
    let business = business_days(first, first + 31 + 548 + 31, holidays);
    let habits = Habits::draw(&mut random);
    let bad: BTreeMap<(i64, i64), usize> = (2023..=2025)
        .flat_map(|year| (1..=12).map(move |month| (year, month)))
        .filter_map(|month| {
            let is_bad = random.share() < 0.15;
            if is_bad { Some((month, usize::from(random.share() < 0.5))) } else { None }
        })
        .collect();
    let mut noise = 0.0;
    let mut hours = Vec::with_capacity(HOURS);
    for hour in 0..HOURS {
        let number = FIRST_HOUR + i64::try_from(hour).unwrap();
        let offset = zone.offset(number);
        let mut now = Hour { number, offset, value: 0.0, truth: Truth::Ordinary, month_end: None };
        let (date, day) = (Date::of(now.day()), business.get(&now.day()));
        noise = 0.5 * noise + 0.1 * random.normal();
        now.value = habits.usual(hour, (day, date), now.hour_of_day()) + noise;
        if random.share() < 0.001 {
            now.value += libm::log(random.between(1.3, 2.0));
        }
        if let Some(day) = day.filter(|day| day.to_end <= 2) {
            now.month_end = Some((date.year, date.month));
            if bad.get(&(date.year, date.month)) == Some(&day.to_end) && (9..17).contains(&now.hour_of_day()) {
                now.value += TWICE;
                now.truth = Truth::Bad;
            }
        }
        hours.push(now);
    }
    add_faults(&mut random, &business, &mut hours);
    Tenant { zone, known_holidays, hours: hours.split_off(from) }
}

/// Nine times twice the latency for six hours, away from month ends.
fn add_faults(random: &mut Random, business: &BTreeMap<i64, Business>, hours: &mut [Hour]) {
    for fault in 0..9 {
        let first = usize::try_from(random.below(i64::try_from(HOURS).unwrap() - 730)).unwrap() + 720;
        let day = hours[first].day();
        let is_near = business.get(&day).is_some_and(|day| day.to_end <= 3 || day.from_start <= 2);
        let is_taken = |hour: &Hour| hour.truth != Truth::Ordinary || hour.month_end.is_some();
        if is_near || hours[first..first + 6].iter().any(is_taken) {
            continue;
        }
        for hour in &mut hours[first..first + 6] {
            hour.value += TWICE;
            hour.truth = Truth::Fault(fault);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_fleet_and_another_seed_another() {
    let values = |seed| fleet(seed, 6).iter().map(|tenant| tenant.hours[99].value.to_bits()).collect::<Vec<_>>();
    assert_eq!(values(7), values(7));
    assert_ne!(values(7), values(8));
}

#[test]
fn a_fleet_is_what_it_says() {
    let fleet = fleet(3, 48);
    let months = |truth: fn(Truth) -> bool| {
        let of = |tenant: &Tenant| {
            let hours = tenant.hours.iter().filter(|hour| hour.month_end.is_some() && truth(hour.truth));
            hours.filter_map(|hour| hour.month_end).collect::<BTreeSet<_>>().len()
        };
        fleet.iter().map(of).sum::<usize>()
    };
    let (all, bad) = (months(|_| true), months(|truth| truth == Truth::Bad));
    assert!((500..800).contains(&all), "{all}");
    assert!((0.10..0.20).contains(&(bad as f64 / all as f64)), "{bad} of {all}");
    assert_eq!(fleet.iter().filter(|tenant| tenant.hours.len() == HOURS).count(), 20);
}
