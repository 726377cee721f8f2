//! Numbers picked by index. Indices may be counted from the end.

use crate::array::Array;

use super::call::Call;
use super::index::{Walk, count, lines, strides, within};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Gather" => gather,
        "GatherElements" => |call| {
            let (data, indices) = (call.input(0)?, call.input(1)?);
            let places = elements(data, indices, call.axis(0, data.dims.len())?)?;
            let data = data.data.pick(places.into_iter());
            Ok(Array { dims: indices.dims.clone(), data })
        },
        "GatherND" => gather_nd,
        _ => return None,
    })
}

/// Whole rows along an axis, which is replaced by the sides of the indices.
fn gather(call: &Call<'_>) -> Outcome<Array> {
    let (array, indices) = (call.input(0)?, call.input(1)?);
    let axis = call.axis(0, array.dims.len())?;
    let (outer, side, inner) = lines(&array.dims, axis);
    let mut dims = array.dims.clone();
    dims.splice(axis..=axis, indices.dims.iter().copied());
    count(&dims)?;
    let rows = indices.data.ints()?;
    let rows: Vec<_> =
        rows.iter().map(|&row| within(row, side, "index")).collect::<Outcome<_>>()?;
    let rows = &rows;
    let starts = (0..outer).flat_map(|o| rows.iter().map(move |row| (o * side + row) * inner));
    Ok(Array { dims, data: array.data.copy(starts.map(|start| start..start + inner)) })
}

/// Where each index of `indices` points to: it replaces its own place along the axis.
pub(super) fn elements(data: &Array, indices: &Array, axis: usize) -> Outcome<Vec<usize>> {
    let fits = |other: usize| other == axis || indices.dims[other] <= data.dims[other];
    if indices.dims.len() != data.dims.len() || !(0..data.dims.len()).all(fits) {
        return Err(format!("indices of {:?} do not fit {:?}", indices.dims, data.dims));
    }
    let mut strides = strides(&data.dims);
    let stride = std::mem::take(&mut strides[axis]);
    let own = Walk::new(&indices.dims, strides);
    let indices = indices.data.ints()?;
    own.zip(indices.iter())
        .map(|(place, &index)| Ok(place + within(index, data.dims[axis], "index")? * stride))
        .collect()
}

/// Where each tuple of `indices` points to, and how many numbers lie there. The first `batch` axes go side by side.
pub(super) fn tuples(data: &Array, indices: &Array, batch: usize) -> Outcome<(Vec<usize>, usize)> {
    let misfit = || {
        let (indices, data) = (&indices.dims, &data.dims);
        format!("indices of {indices:?} do not fit {data:?} with {batch} axes in common")
    };
    let (&length, front) = indices.dims.split_last().ok_or_else(misfit)?;
    let depth = batch.checked_add(length).filter(|&depth| depth <= data.dims.len());
    let depth = depth.ok_or_else(misfit)?;
    if front.get(..batch).is_none_or(|common| common != &data.dims[..batch]) {
        return Err(misfit());
    }
    let strides = strides(&data.dims);
    let each: usize = front[batch..].iter().product();
    let total: usize = front.iter().product();
    let slab: usize = data.dims[batch..].iter().product();
    let indices = indices.data.ints()?;
    let place = |tuple: usize| {
        let own = &indices[tuple * length..(tuple + 1) * length];
        let mut place = tuple / each * slab;
        for ((&index, &side), &stride) in own.iter().zip(&data.dims[batch..]).zip(&strides[batch..])
        {
            place += within(index, side, "index")? * stride;
        }
        Ok(place)
    };
    let places = (0..total).map(place).collect::<Outcome<_>>()?;
    Ok((places, data.dims[depth..].iter().product()))
}

fn gather_nd(call: &Call<'_>) -> Outcome<Array> {
    let (array, indices) = (call.input(0)?, call.input(1)?);
    let batch = usize::try_from(call.node().int_or("batch_dims", 0)).unwrap_or(usize::MAX);
    let (places, slab) = tuples(array, indices, batch)?;
    let mut dims = indices.dims.clone();
    let depth = batch + dims.pop().unwrap_or(0);
    dims.extend(&array.dims[depth..]);
    count(&dims)?;
    // Without an index, the whole value is taken, which may be an empty one.
    let slabs = places.into_iter().map(|place| place..place + slab);
    Ok(Array { dims, data: array.data.copy(slabs) })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, ints, one, run, shaped};

    #[test]
    fn rows_are_gathered_along_either_axis() {
        let value = floats(&[3, 2], &[1.0, 1.2, 2.3, 3.4, 4.5, 5.7]);
        let rows = one("Gather", 13, &[], &[&value, &shaped(&[2, 2], &[0, 1, 1, 2])]);
        assert_eq!(rows, floats(&[2, 2, 2], &[1.0, 1.2, 2.3, 3.4, 2.3, 3.4, 4.5, 5.7]));
        let last = one("Gather", 13, &[("axis", int(1))], &[&value, &shaped(&[], &[-1])]);
        assert_eq!(last, floats(&[3], &[1.2, 3.4, 5.7]));
        assert!(run("Gather", 13, &[], &[&value, &ints(&[3])]).is_err());
        assert!(run("Gather", 13, &[], &[&value, &ints(&[i64::MIN])]).is_err());
    }

    #[test]
    fn elements_are_gathered_one_by_one() {
        let value = shaped(&[3, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let made = one("GatherElements", 13, &[], &[&value, &shaped(&[2, 3], &[1, 2, 0, 2, 0, 0])]);
        assert_eq!(made, shaped(&[2, 3], &[4, 8, 3, 7, 2, 3]));
    }

    #[test]
    fn tuples_gather_side_by_side_with_the_batch() {
        let value = shaped(&[2, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 7]);
        let pairs = shaped(&[2, 1, 2], &[0, 1, 1, 0]);
        let made = one("GatherND", 12, &[], &[&value, &pairs]);
        assert_eq!(made, shaped(&[2, 1, 2], &[2, 3, 4, 5]));
        let batch = [("batch_dims", int(1))];
        let made = one("GatherND", 12, &batch, &[&value, &shaped(&[2, 1], &[1, 0])]);
        assert_eq!(made, shaped(&[2, 2], &[2, 3, 4, 5]));
    }
}
