# What one element of an array does; Tools/cluster/slurm puts the settings before it:
# tool, plan, work (the jobs of each element: INDEX:ID:DEAD WORKER), most.
# Only bash and Slurm's commands are needed where it runs.
set -uo pipefail

child= told=
# USR1 comes before the time limit, TERM when the job is cancelled or preempted, to the child as well. On
# either it ends after the epoch under way, with a checkpoint; on a second one at once, to go on from its
# last checkpoint: so it does where an epoch would take longer than the limit allows.
forward() {
  [ -n "$told" ] || told=$1
  interrupted=1
  [ -n "$child" ] && [ "$1" = USR1 ] || return 0
  kill -USR1 "$child" 2>/dev/null
  { sleep "${patience:-75}"; kill -USR1 "$child"; } >/dev/null 2>&1 &
}
trap 'forward USR1' USR1
trap 'forward TERM' TERM

again= failed=0
for entry in ${work[SLURM_ARRAY_TASK_ID]}; do
  IFS=: read -r index id worker <<<"$entry"
  options=(--id "$id" --jobs "${SLURM_CPUS_PER_TASK:-1}")
  [ -z "$worker" ] || options+=(--take-over-from "$worker")
  interrupted=
  "$tool" jobs run "$plan" "$index" "${options[@]}" &
  child=$!
  # A signal that came while it was started was for it too.
  [ -z "$told" ] || kill -USR1 "$child" 2>/dev/null
  wait "$child"
  code=$?
  while [ -n "$interrupted" ]; do # by a signal, not by the child's end
    interrupted=
    wait "$child"
    code=$?
  done
  child=
  case $code in
    0) ;;
    75) again=1 ;;
    *)
      echo "slurm: job $index of the plan failed with code $code on $(hostname)" >&2
      failed=$code
      ;;
  esac
  [ -z "$told" ] || break
done

# One that was cancelled must not come back; one that was preempted is requeued by Slurm itself.
[ "$told" != TERM ] || exit 75
if [ -n "$again" ] || [ -n "$told" ]; then
  if [ "${SLURM_RESTART_COUNT:-0}" -ge "$most" ]; then
    echo "slurm: requeued $most times already; submit again with --resubmit" >&2
    exit 75
  fi
  # What depends on this array goes on waiting, as a requeued element has not ended. The controller
  # may be away for a moment.
  for _ in 1 2 3 4 5 6; do
    # By its place: the last element has the number of the whole array, which would be requeued.
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && exec sleep 600 # until Slurm ends it
    sleep 10
  done
  echo "slurm: could not be requeued; submit again with --resubmit" >&2
  exit 75
fi
exit "$failed"
