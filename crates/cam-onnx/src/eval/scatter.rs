//! Numbers put where indices say, over the others or together with them.

use crate::array::{Array, Data};

use super::call::Call;
use super::data::mixed;
use super::elementwise::{greater, smaller};
use super::gather::{elements, tuples};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "ScatterElements" | "Scatter" => scatter_elements,
        "ScatterND" => scatter_nd,
        _ => return None,
    })
}

fn scatter_elements(call: &Call<'_>) -> Outcome<Array> {
    let (array, indices, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    if indices.dims != updates.dims {
        return Err(format!("{:?} updates for {:?} indices", updates.dims, indices.dims));
    }
    put(call, array, &elements(array, indices, call.axis(0, array.dims.len())?)?, &updates.data)
}

fn scatter_nd(call: &Call<'_>) -> Outcome<Array> {
    let (array, indices, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let (places, slab) = tuples(array, indices, 0)?;
    let length = indices.dims.last().copied().unwrap_or(0);
    let front = &indices.dims[..indices.dims.len() - 1];
    if updates.dims != [front, &array.dims[length..]].concat() {
        return Err(format!("{:?} updates for {:?} indices", updates.dims, indices.dims));
    }
    let places: Vec<_> = places.into_iter().flat_map(|place| place..place + slab).collect();
    put(call, array, &places, &updates.data)
}

/// Each update to its place, in order.
fn put(call: &Call<'_>, array: &Array, places: &[usize], updates: &Data) -> Outcome<Array> {
    type Combine = (fn(f32, f32) -> f32, fn(i64, i64) -> Option<i64>);
    let reduction = call.node().text("reduction").unwrap_or("none");
    let (float, int): Combine = match reduction {
        "none" => return replace(array, places, updates),
        "add" => (|a, b| a + b, i64::checked_add),
        "mul" => (|a, b| a * b, i64::checked_mul),
        "max" => (greater, |a, b| Some(a.max(b))),
        "min" => (smaller, |a, b| Some(a.min(b))),
        _ => return Err(format!("reduction {reduction} is not known")),
    };
    let mut data = array.data.clone();
    match (&mut data, updates) {
        (Data::F32(values), Data::F32(updates)) => {
            for (&place, &update) in places.iter().zip(updates) {
                values[place] = float(values[place], update);
            }
        }
        (Data::I64(values), Data::I64(updates)) => {
            for (&place, &update) in places.iter().zip(updates) {
                values[place] = int(values[place], update).ok_or("the sum leaves 64 bits")?;
            }
        }
        (data, updates) => return Err(mixed(data, updates)),
    }
    Ok(Array { dims: array.dims.clone(), data })
}

/// The last update of a place stays.
fn replace(array: &Array, places: &[usize], updates: &Data) -> Outcome<Array> {
    let total = array.data.count();
    let mut from: Vec<_> = (0..total).collect();
    for (update, &place) in places.iter().enumerate() {
        from[place] = total + update;
    }
    let data = array.data.clone().followed_by(updates)?.pick(from.into_iter());
    Ok(Array { dims: array.dims.clone(), data })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, ints, one, run, shaped};
    use crate::proto::Attribute;

    #[test]
    fn updates_replace_or_add() {
        let value = floats(&[1, 5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
        let (indices, updates) = (shaped(&[1, 2], &[1, 1]), floats(&[1, 2], &[1.1, 2.1]));
        let settings = [("axis", int(1)), ("reduction", Attribute::String(b"add".to_vec()))];
        let put = one("ScatterElements", 18, &settings[..1], &[&value, &indices, &updates]);
        assert_eq!(put, floats(&[1, 5], &[1.0, 2.1, 3.0, 4.0, 5.0]));
        let added = one("ScatterElements", 18, &settings, &[&value, &indices, &updates]);
        assert_eq!(added, floats(&[1, 5], &[1.0, 5.2, 3.0, 4.0, 5.0]));
    }

    #[test]
    fn tuples_say_where_slabs_go() {
        let value = ints(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let indices = shaped(&[4, 1], &[4, 3, 1, 7]);
        let made = one("ScatterND", 11, &[], &[&value, &indices, &ints(&[9, 10, 11, 12])]);
        assert_eq!(made, ints(&[1, 11, 3, 10, 9, 6, 7, 12]));
        assert!(run("ScatterND", 11, &[], &[&value, &indices, &ints(&[9])]).is_err());
    }
}
